// Takes the place of every queue in a simulation that cuts a design at its queues: what a layer puts in ends here and
// is reported, and the layer behind gets the words that the test bench gives. So every layer is driven alone, in its
// place, with words that no layer before it could make.
//
// Both sides are stalled at random if asked for, or every word is taken a number of cycles after it was shown. A layer that withdraws or changes a word it has shown is an error.
module offramp_fifo #(
  parameter int unsigned WIDTH = 8,
  /* verilator lint_off UNUSEDPARAM */  // nothing is kept
  parameter int unsigned DEPTH = 2,
  /* verilator lint_on UNUSEDPARAM */
  parameter int ID = 0
) (
  input  logic             clk,
  input  logic             rst_n,
  input  logic [WIDTH-1:0] s_data,
  input  logic             s_valid,
  output logic             s_ready,
  output logic [WIDTH-1:0] m_data,
  output logic             m_valid,
  input  logic             m_ready
);

  import "DPI-C" function int offramp_stall(
    input int id,
    input int side
  );
  import "DPI-C" function void offramp_probe_word(
    input int id,
    input int index,
    input int unsigned word
  );
  import "DPI-C" function int unsigned offramp_late(input int id);
  import "DPI-C" function int offramp_give(input int id);
  import "DPI-C" function int unsigned offramp_given_word(
    input int id,
    input int index
  );

  localparam int unsigned WORDS = (WIDTH + 31) / 32;
  logic [32*WORDS-1:0] came;
  logic waiting;
  int unsigned late, waited;
  logic [WIDTH-1:0] shown;
  assign came = (32 * WORDS)'(s_data);

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      s_ready <= 1'b0;
      waiting <= 1'b0;
      waited  <= 0;
      late    <= offramp_late(ID);
    end else begin
      waited  <= s_valid && !s_ready ? waited + 1 : 0;
      s_ready <= late == 0 ? offramp_stall(ID, 0) == 0 : s_valid && !s_ready && waited + 1 >= late;
      waiting <= s_valid && !s_ready;
      shown   <= s_data;
      if (waiting && !s_valid) $error("queue %0d: valid withdrawn before the word was taken", ID);
      if (waiting && s_valid && s_data != shown) $error("queue %0d: word changed before it was taken", ID);
      if (s_valid && s_ready) begin
        for (int i = 0; i < int'(WORDS); i++) offramp_probe_word(ID, i, came[32*i+:32]);
      end
    end
  end

  function automatic logic [WIDTH-1:0] given();
    /* verilator lint_off UNUSEDSIGNAL */  // the last word's upper bits
    logic [32*WORDS-1:0] words;
    /* verilator lint_on UNUSEDSIGNAL */
    for (int i = 0; i < int'(WORDS); i++) words[32*i+:32] = offramp_given_word(ID, i);
    return words[WIDTH-1:0];
  endfunction

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      m_valid <= 1'b0;
    end else if (!m_valid || m_ready) begin
      m_valid <= 1'b0;
      if (offramp_give(ID) != 0) begin
        m_valid <= 1'b1;
        m_data  <= given();
      end
    end
  end

endmodule
