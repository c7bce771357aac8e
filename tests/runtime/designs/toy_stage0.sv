// A small stage for tests: out1_V is the upper four bits of every pixel, out0_V three sums of them, weighted.
//
// in0_V: 4 beats of 2 lanes of 8 bits. A frame whose first pixel is 255 is never finished: the stage hangs.
module toy_stage0 (
  input  logic        ap_clk,
  input  logic        ap_rst_n,
  input  logic [15:0] in0_V_tdata,
  input  logic        in0_V_tvalid,
  output logic        in0_V_tready,
  output logic [39:0] out0_V_tdata,
  output logic        out0_V_tvalid,
  input  logic        out0_V_tready,
  output logic [7:0]  out1_V_tdata,
  output logic        out1_V_tvalid,
  input  logic        out1_V_tready
);

  logic [7:0] word;
  logic valid, ready, hung;
  logic enters;
  assign enters = in0_V_tvalid && in0_V_tready;

  logic [1:0] entering;
  always_ff @(posedge ap_clk) begin
    if (!ap_rst_n) begin
      entering <= '0;
      hung <= 1'b0;
    end else if (enters) begin
      entering <= entering + 1'b1;
      if (entering == '0 && in0_V_tdata[7:0] == 8'hff) hung <= 1'b1;
    end
  end

  logic s_ready;
  assign in0_V_tready = s_ready && !hung;
  offramp_fork #(.WIDTH(8)) fork_map (
    .clk(ap_clk), .rst_n(ap_rst_n),
    .s_data({in0_V_tdata[15:12], in0_V_tdata[7:4]}), .s_valid(in0_V_tvalid && !hung), .s_ready(s_ready),
    .m0_data(word), .m0_valid(valid), .m0_ready(ready),
    .m1_data(out1_V_tdata), .m1_valid(out1_V_tvalid), .m1_ready(out1_V_tready)
  );

  logic signed [11:0] sums[3];
  logic signed [11:0] next[3];
  logic [1:0] beat;
  logic full;
  assign ready = !full;
  assign out0_V_tvalid = full;
  assign out0_V_tdata = {4'b0, sums[2], sums[1], sums[0]};

  always_comb begin
    for (int c = 0; c < 3; c++) begin
      next[c] = (beat == '0) ? '0 : sums[c];
      for (int lane = 0; lane < 2; lane++) begin
        next[c] += 12'((2 * int'(beat) + lane) * 3 + c * 5) % 12'sd7 * 12'($signed({1'b0, word[4*lane+:4]}))
                   - 12'sd3 * 12'($signed({1'b0, word[4*lane+:4]}));
      end
    end
  end

  always_ff @(posedge ap_clk) begin
    if (!ap_rst_n) begin
      beat <= '0;
      full <= 1'b0;
    end else begin
      if (full && out0_V_tready) full <= 1'b0;
      if (valid && ready) begin
        sums <= next;
        beat <= beat + 1'b1;
        full <= beat == 2'd3;
      end
    end
  end

endmodule
