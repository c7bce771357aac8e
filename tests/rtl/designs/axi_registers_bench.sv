// offramp_axi_registers with one input, addresses to read, and one output, what is read; its counters stand still.
module axi_registers_bench (
  input  logic        clk,
  input  logic        rst_n,
  input  logic [11:0] s_data,
  input  logic        s_valid,
  output logic        s_ready,
  output logic [31:0] m_data,
  output logic        m_valid,
  input  logic        m_ready
);

  logic unused;
  logic [1:0] bresp, rresp, stage_rst_n;
  logic awready, wready, bvalid;
  assign unused = &{1'b0, bresp, rresp, stage_rst_n, awready, wready, bvalid};
  offramp_axi_registers #(
    .STAGES(2),
    .DIGEST(256'h0123456789abcdeffedcba98765432100f1e2d3c4b5a69788796a5b4c3d2e1f0),
    .INPUT_BYTES({32'd11, 32'd21}),
    .LOGITS_BYTES({32'd12, 32'd22}),
    .MAP_BYTES({32'd0, 32'd23})
  ) block (
    .clk,
    .rst_n,
    .s_axi_awaddr('0),
    .s_axi_awvalid(1'b0),
    .s_axi_awready(awready),
    .s_axi_wdata('0),
    .s_axi_wstrb('0),
    .s_axi_wvalid(1'b0),
    .s_axi_wready(wready),
    .s_axi_bresp(bresp),
    .s_axi_bvalid(bvalid),
    .s_axi_bready(1'b1),
    .s_axi_araddr(s_data),
    .s_axi_arvalid(s_valid),
    .s_axi_arready(s_ready),
    .s_axi_rdata(m_data),
    .s_axi_rresp(rresp),
    .s_axi_rvalid(m_valid),
    .s_axi_rready(m_ready),
    .stage_rst_n,
    .frames_in({32'd31, 32'd41}),
    .frames_cut({32'd32, 32'd42}),
    .logits_out({32'd33, 32'd43}),
    .maps_out({32'd34, 32'd44}),
    .busy({64'h5100000052, 64'h5300000054}),
    .stalled({64'h6100000062, 64'h6300000064})
  );

endmodule
