// A small last stage for tests: three weighted sums of eight values of four bits, one per beat.
module toy_stage1 (
  input  logic        ap_clk,
  input  logic        ap_rst_n,
  input  logic [7:0]  in0_V_tdata,
  input  logic        in0_V_tvalid,
  output logic        in0_V_tready,
  output logic [39:0] out0_V_tdata,
  output logic        out0_V_tvalid,
  input  logic        out0_V_tready
);

  logic signed [11:0] sums[3];
  logic signed [11:0] next[3];
  logic [2:0] beat;
  logic full;
  assign in0_V_tready = !full;
  assign out0_V_tvalid = full;
  assign out0_V_tdata = {4'b0, sums[2], sums[1], sums[0]};

  always_comb begin
    for (int c = 0; c < 3; c++) begin
      next[c] = ((beat == '0) ? '0 : sums[c])
                + (12'(int'(beat) * 5 + c * 3) % 12'sd11 - 12'sd5) * 12'($signed({1'b0, in0_V_tdata[3:0]}));
    end
  end

  always_ff @(posedge ap_clk) begin
    if (!ap_rst_n) begin
      beat <= '0;
      full <= 1'b0;
    end else begin
      if (full && out0_V_tready) full <= 1'b0;
      if (in0_V_tvalid && in0_V_tready) begin
        sums <= next;
        beat <= beat + 1'b1;
        full <= beat == 3'd7;
      end
    end
  end

endmodule
