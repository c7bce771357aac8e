// The first stage: beats of three bytes in, of three (logits) and five (map) out.
module odd_stage0 (
  input  logic        ap_clk,
  input  logic        ap_rst_n,
  input  logic [23:0] in0_V_tdata,
  input  logic        in0_V_tvalid,
  output logic        in0_V_tready,
  output logic [23:0] out0_V_tdata,
  output logic        out0_V_tvalid,
  input  logic        out0_V_tready,
  output logic [39:0] out1_V_tdata,
  output logic        out1_V_tvalid,
  input  logic        out1_V_tready
);

  odd_core core (
    .clk(ap_clk),
    .rst_n(ap_rst_n),
    .in_data(in0_V_tdata),
    .in_valid(in0_V_tvalid),
    .in_ready(in0_V_tready),
    .logits(out0_V_tdata),
    .logits_valid(out0_V_tvalid),
    .logits_ready(out0_V_tready),
    .map(out1_V_tdata),
    .map_valid(out1_V_tvalid),
    .map_ready(out1_V_tready)
  );

endmodule
