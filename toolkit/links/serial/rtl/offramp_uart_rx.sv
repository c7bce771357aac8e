// Receives bytes from a serial line: 8 data bits, lowest first, no parity, one stop bit.
//
// The line is sampled in the middle of every bit, the start bit included: a shorter pulse is no byte. A byte with a
// wrong stop bit counts, for whatever checks the bytes finds the damage; the next start then waits for an idle line,
// so that a line held low is one byte. A sender may be off by 2 % at 4 clocks per bit, by more at more.
module offramp_uart_rx #(
  parameter int unsigned CLOCKS_PER_BIT = 20
) (
  input  logic       clk,
  input  logic       rst_n,
  input  logic       serial,
  output logic [7:0] m_data,
  output logic       m_valid  // for one cycle: there is no waiting
);

  if (CLOCKS_PER_BIT < 4) begin : gen_bad_rate
    $error("offramp_uart_rx: CLOCKS_PER_BIT must be at least 4");
  end

  localparam int unsigned COUNT_BITS = $clog2(CLOCKS_PER_BIT);
  localparam int unsigned HALF = (CLOCKS_PER_BIT - 1) / 2;  // the edge was up to one cycle before it was seen

  // Two registers against metastability; nothing else sees the line.
  (* ASYNC_REG = "TRUE" *) logic [1:0] line;
  always_ff @(posedge clk) begin
    if (!rst_n) line <= '1;
    else line <= {line[0], serial};
  end

  typedef enum logic [1:0] {
    IDLE,
    START,
    DATA,
    STOP
  } state_t;
  state_t state;
  logic quiet;  // the line was high since the last byte
  logic [COUNT_BITS-1:0] count;
  logic sample;
  logic [2:0] bits;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      state   <= IDLE;
      quiet   <= 1'b0;
      m_valid <= 1'b0;
    end else begin
      m_valid <= 1'b0;
      quiet   <= quiet || line[1];
      unique case (state)
        IDLE: if (quiet && !line[1]) state <= START;
        START: if (sample) state <= line[1] ? IDLE : DATA;
        DATA: if (sample && bits == '1) state <= STOP;
        STOP:
        if (sample) begin
          state   <= IDLE;
          quiet   <= line[1];
          m_valid <= 1'b1;
        end
        default: state <= IDLE;
      endcase
    end
  end

  assign sample = count == '0;
  always_ff @(posedge clk) begin
    if (state == IDLE) count <= COUNT_BITS'(HALF);
    else if (sample) count <= COUNT_BITS'(CLOCKS_PER_BIT - 1);
    else count <= count - 1'b1;

    if (state != DATA) bits <= '0;
    else if (sample) bits <= bits + 1'b1;
    if (state == DATA && sample) m_data <= {line[1], m_data[7:1]};
  end

endmodule
