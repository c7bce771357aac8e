// Plays a part of a memory as a stream: WORDS words from an address on, one per cycle unless the consumer stalls.
//
// The memory answers a cycle after it is asked and holds its answer until it is asked again.
module offramp_player #(
  parameter int unsigned WIDTH = 8,
  parameter int unsigned WORDS = 16,
  parameter int unsigned ADDRESS_BITS = 4
) (
  input  logic                    clk,
  input  logic                    rst_n,
  input  logic                    start,      // not while it plays
  input  logic [ADDRESS_BITS-1:0] from,
  output logic                    read,
  output logic [ADDRESS_BITS-1:0] read_at,
  input  logic [       WIDTH-1:0] read_data,
  output logic [       WIDTH-1:0] m_data,
  output logic                    m_valid,
  input  logic                    m_ready,
  output logic                    begun       // a pulse, the cycle after the first word was taken
);

  if (WORDS < 1) begin : gen_bad_words
    $error("offramp_player: WORDS must be at least 1");
  end

  localparam int unsigned LEFT_BITS = (WORDS > 1) ? $clog2(WORDS) : 1;

  logic [LEFT_BITS-1:0] left;
  logic playing;
  logic answered;  // the memory shows a word of ours
  logic first;

  logic free;
  assign free = !m_valid || m_ready;
  assign read = !answered || free;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      playing  <= 1'b0;
      answered <= 1'b0;
      m_valid  <= 1'b0;
      first    <= 1'b0;
      begun    <= 1'b0;
    end else begin
      if (start) playing <= 1'b1;
      else if (read && left == '0) playing <= 1'b0;
      if (read) answered <= playing;
      if (free) m_valid <= answered;
      if (start) first <= 1'b1;
      else if (m_valid && m_ready) first <= 1'b0;
      begun <= first && m_valid && m_ready;
    end
  end

  always_ff @(posedge clk) begin
    if (start) begin
      read_at <= from;
      left    <= LEFT_BITS'(WORDS - 1);
    end else if (read) begin
      read_at <= read_at + 1'b1;
      left    <= left - 1'b1;
    end
    if (free) m_data <= read_data;
  end

endmodule
