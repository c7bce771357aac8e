// Checks the stream handshake: a word that is shown stays, unchanged, until it is taken.
//
// For simulation and formal proof; it has no outputs. NAME is the stream's name in the messages.
module offramp_stream_check #(
  parameter int unsigned WIDTH = 8,
  parameter string NAME = "stream"
) (
  input logic             clk,
  input logic             rst_n,
  input logic [WIDTH-1:0] data,
  input logic             valid,
  input logic             ready
);

  logic [WIDTH-1:0] data_before;
  logic             waiting;  // the word shown in the last cycle was not taken

  always_ff @(posedge clk) begin
    data_before <= data;
    waiting     <= rst_n && valid && !ready;
    if (rst_n && waiting) begin
      assert (valid)
      else $error("%m: %s withdrew valid before the word was taken", NAME);
      assert (!valid || data == data_before)
      else $error("%m: %s changed its data before the word was taken", NAME);
    end
  end

endmodule
