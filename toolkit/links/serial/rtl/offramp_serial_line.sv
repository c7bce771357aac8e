// A serial line to bytes and back: 8 data bits, no parity, one stop bit. Bytes from the line do not wait.
module offramp_serial_line #(
  parameter int unsigned CLOCKS_PER_BIT = 20
) (
  input  logic       clk,
  input  logic       rst_n,
  input  logic       serial_rx,
  output logic       serial_tx,
  output logic [7:0] m_data,
  output logic       m_valid,
  input  logic [7:0] s_data,
  input  logic       s_valid,
  output logic       s_ready
);

  offramp_uart_rx #(
    .CLOCKS_PER_BIT(CLOCKS_PER_BIT)
  ) uart_rx (
    .clk,
    .rst_n,
    .serial(serial_rx),
    .m_data,
    .m_valid
  );
  offramp_uart_tx #(
    .CLOCKS_PER_BIT(CLOCKS_PER_BIT)
  ) uart_tx (
    .clk,
    .rst_n,
    .s_data,
    .s_valid,
    .s_ready,
    .serial(serial_tx)
  );

endmodule
