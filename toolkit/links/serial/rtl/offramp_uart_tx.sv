// Sends bytes on a serial line: 8 data bits, lowest first, no parity, one stop bit.
module offramp_uart_tx #(
  parameter int unsigned CLOCKS_PER_BIT = 20
) (
  input  logic       clk,
  input  logic       rst_n,
  input  logic [7:0] s_data,
  input  logic       s_valid,
  output logic       s_ready,
  output logic       serial
);

  if (CLOCKS_PER_BIT < 2) begin : gen_bad_rate
    $error("offramp_uart_tx: CLOCKS_PER_BIT must be at least 2");
  end

  localparam int unsigned COUNT_BITS = $clog2(CLOCKS_PER_BIT);

  logic [8:0] shift;  // what follows the bit on the line, the stop bit highest
  logic [3:0] left;
  logic [COUNT_BITS-1:0] count;
  logic next;
  assign next = count == '0;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      serial  <= 1'b1;
      s_ready <= 1'b0;
    end else if (s_ready) begin
      if (s_valid) begin
        serial  <= 1'b0;
        s_ready <= 1'b0;
      end
    end else if (next) begin
      serial  <= shift[0];
      s_ready <= left == '0;
    end
    if (!rst_n) begin
      left  <= '0;
      shift <= '1;
      count <= COUNT_BITS'(CLOCKS_PER_BIT - 1);
    end else if (s_ready) begin
      left  <= 4'd9;
      shift <= {1'b1, s_data};
      count <= COUNT_BITS'(CLOCKS_PER_BIT - 1);
    end else if (next) begin
      left  <= left - 1'b1;
      shift <= {1'b1, shift[8:1]};
      count <= COUNT_BITS'(CLOCKS_PER_BIT - 1);
    end else begin
      count <= count - 1'b1;
    end
  end

endmodule
