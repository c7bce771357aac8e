// Counts frames and cycles of a stage, from its reset on.
module offramp_stage_counters #(
  parameter bit MAP = 1'b1  // whether the stage gives feature maps
) (
  input  logic        clk,
  input  logic        rst_n,
  input  logic        begun,        // a pulse per frame in
  input  logic        cut,          // a pulse per transfer that had anything but whole frames
  input  logic        logits_done,  // a pulse per frame out
  input  logic        map_done,
  input  logic        waits,        // a word that goes out is not taken
  output logic [31:0] frames_in,
  output logic [31:0] frames_cut,
  output logic [31:0] logits_out,
  output logic [31:0] maps_out,
  output logic [63:0] busy,         // cycles in which a frame is in the stage
  output logic [63:0] stalled       // cycles in which a word that goes out is not taken
);

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      frames_in  <= '0;
      frames_cut <= '0;
      logits_out <= '0;
      maps_out   <= '0;
      busy       <= '0;
      stalled    <= '0;
    end else begin
      if (begun) frames_in <= frames_in + 1'b1;
      if (cut) frames_cut <= frames_cut + 1'b1;
      if (logits_done) logits_out <= logits_out + 1'b1;
      if (map_done) maps_out <= maps_out + 1'b1;
      if (frames_in != logits_out || (MAP && frames_in != maps_out)) busy <= busy + 1'b1;
      if (waits) stalled <= stalled + 1'b1;
    end
  end

endmodule
