// A constant memory as a stream: word 0 to word DEPTH-1, again and again.
//
// INIT_FILE holds the words as hexadecimal lines. The memory's own output register is the stream's: it is read on while
// a word leaves, so there is one in every cycle.
module offramp_weights #(
  parameter int unsigned WIDTH = 8,
  parameter int unsigned DEPTH = 2,
  parameter INIT_FILE = ""
) (
  input  logic             clk,
  input  logic             rst_n,
  output logic [WIDTH-1:0] m_data,
  output logic             m_valid,
  input  logic             m_ready
);

  localparam int unsigned ADDRESS_BITS = (DEPTH > 1) ? $clog2(DEPTH) : 1;

  if (WIDTH < 1 || DEPTH < 1) begin : gen_bad_sizes
    $error("offramp_weights: WIDTH and DEPTH must be at least 1");
  end

  logic [WIDTH-1:0] memory[DEPTH];
  initial $readmemh(INIT_FILE, memory);

  logic [ADDRESS_BITS-1:0] address;
  logic advance;
  assign advance = m_ready || !m_valid;
  always_ff @(posedge clk) begin
    if (advance) m_data <= memory[address];
  end

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      address <= '0;
      m_valid <= 1'b0;
    end else if (advance) begin
      address <= (address == ADDRESS_BITS'(DEPTH - 1)) ? '0 : address + 1'b1;
      m_valid <= 1'b1;
    end
  end

endmodule
