// offramp_top: toy_stage0, toy_stage1 between DMAs.
// Plain Verilog, since Vivado takes no SystemVerilog as a module of a block design.
module offramp_top (
  (* X_INTERFACE_INFO = "xilinx.com:signal:clock:1.0 aclk CLK" *)
  (* X_INTERFACE_PARAMETER = "ASSOCIATED_BUSIF s_axi:s_axis_dma0:m_axis_dma0:m_axis_dma0_map:s_axis_dma1:m_axis_dma1, ASSOCIATED_RESET aresetn" *)
  input  wire        aclk,
  (* X_INTERFACE_INFO = "xilinx.com:signal:reset:1.0 aresetn RST" *)
  (* X_INTERFACE_PARAMETER = "POLARITY ACTIVE_LOW" *)
  input  wire        aresetn,
  input  wire [63:0] s_axis_dma0_tdata,
  input  wire [ 7:0] s_axis_dma0_tkeep,
  input  wire        s_axis_dma0_tlast,
  input  wire        s_axis_dma0_tvalid,
  output wire        s_axis_dma0_tready,
  output wire [63:0] m_axis_dma0_tdata,
  output wire [ 7:0] m_axis_dma0_tkeep,
  output wire        m_axis_dma0_tlast,
  output wire        m_axis_dma0_tvalid,
  input  wire        m_axis_dma0_tready,
  output wire [63:0] m_axis_dma0_map_tdata,
  output wire [ 7:0] m_axis_dma0_map_tkeep,
  output wire        m_axis_dma0_map_tlast,
  output wire        m_axis_dma0_map_tvalid,
  input  wire        m_axis_dma0_map_tready,
  input  wire [63:0] s_axis_dma1_tdata,
  input  wire [ 7:0] s_axis_dma1_tkeep,
  input  wire        s_axis_dma1_tlast,
  input  wire        s_axis_dma1_tvalid,
  output wire        s_axis_dma1_tready,
  output wire [63:0] m_axis_dma1_tdata,
  output wire [ 7:0] m_axis_dma1_tkeep,
  output wire        m_axis_dma1_tlast,
  output wire        m_axis_dma1_tvalid,
  input  wire        m_axis_dma1_tready,
  input  wire [11:0] s_axi_awaddr,
  input  wire        s_axi_awvalid,
  output wire        s_axi_awready,
  input  wire [31:0] s_axi_wdata,
  input  wire [ 3:0] s_axi_wstrb,
  input  wire        s_axi_wvalid,
  output wire        s_axi_wready,
  output wire [ 1:0] s_axi_bresp,
  output wire        s_axi_bvalid,
  input  wire        s_axi_bready,
  input  wire [11:0] s_axi_araddr,
  input  wire        s_axi_arvalid,
  output wire        s_axi_arready,
  output wire [31:0] s_axi_rdata,
  output wire [ 1:0] s_axi_rresp,
  output wire        s_axi_rvalid,
  input  wire        s_axi_rready
);

  wire [1:0] stage_rst_n;
  wire [63:0] frames_in, frames_cut, logits_out, maps_out;
  wire [127:0] busy, stalled;
  offramp_axi_registers #(
    .STAGES(2),
    .DIGEST(256'h5e10be3819f03969283e28a404c6e3f83070bc7bcacebf69048eaf068cf61931),
    .INPUT_BYTES({32'd8, 32'd8}),
    .LOGITS_BYTES({32'd5, 32'd5}),
    .MAP_BYTES({32'd0, 32'd4})
  ) registers (
    .clk(aclk),
    .rst_n(aresetn),
    .s_axi_awaddr(s_axi_awaddr),
    .s_axi_awvalid(s_axi_awvalid),
    .s_axi_awready(s_axi_awready),
    .s_axi_wdata(s_axi_wdata),
    .s_axi_wstrb(s_axi_wstrb),
    .s_axi_wvalid(s_axi_wvalid),
    .s_axi_wready(s_axi_wready),
    .s_axi_bresp(s_axi_bresp),
    .s_axi_bvalid(s_axi_bvalid),
    .s_axi_bready(s_axi_bready),
    .s_axi_araddr(s_axi_araddr),
    .s_axi_arvalid(s_axi_arvalid),
    .s_axi_arready(s_axi_arready),
    .s_axi_rdata(s_axi_rdata),
    .s_axi_rresp(s_axi_rresp),
    .s_axi_rvalid(s_axi_rvalid),
    .s_axi_rready(s_axi_rready),
    .stage_rst_n(stage_rst_n),
    .frames_in(frames_in),
    .frames_cut(frames_cut),
    .logits_out(logits_out),
    .maps_out(maps_out),
    .busy(busy),
    .stalled(stalled)
  );

  wire [15:0] toy_stage0_in_data;
  wire [39:0] toy_stage0_logits_data;
  wire toy_stage0_in_valid, toy_stage0_in_ready, toy_stage0_begun, toy_stage0_cut;
  wire toy_stage0_logits_valid, toy_stage0_logits_ready, toy_stage0_logits_done;
  wire toy_stage0_map_done, toy_stage0_waits;
  wire [7:0] toy_stage0_map_data;
  wire toy_stage0_map_valid, toy_stage0_map_ready;
  offramp_axis_input #(
    .BEAT_BYTES(2),
    .BEATS(4)
  ) toy_stage0_input (
    .clk(aclk),
    .rst_n(stage_rst_n[0]),
    .s_axis_tdata(s_axis_dma0_tdata),
    .s_axis_tkeep(s_axis_dma0_tkeep),
    .s_axis_tlast(s_axis_dma0_tlast),
    .s_axis_tvalid(s_axis_dma0_tvalid),
    .s_axis_tready(s_axis_dma0_tready),
    .m_data(toy_stage0_in_data),
    .m_valid(toy_stage0_in_valid),
    .m_ready(toy_stage0_in_ready),
    .begun(toy_stage0_begun),
    .cut(toy_stage0_cut)
  );
  toy_stage0 toy_stage0_part (
    .ap_clk(aclk),
    .ap_rst_n(stage_rst_n[0]),
    .in0_V_tdata(toy_stage0_in_data),
    .in0_V_tvalid(toy_stage0_in_valid),
    .in0_V_tready(toy_stage0_in_ready),
    .out1_V_tdata(toy_stage0_map_data),
    .out1_V_tvalid(toy_stage0_map_valid),
    .out1_V_tready(toy_stage0_map_ready),
    .out0_V_tdata(toy_stage0_logits_data),
    .out0_V_tvalid(toy_stage0_logits_valid),
    .out0_V_tready(toy_stage0_logits_ready)
  );
  offramp_axis_output #(
    .BEAT_BYTES(5),
    .BEATS(1)
  ) toy_stage0_logits (
    .clk(aclk),
    .rst_n(stage_rst_n[0]),
    .s_data(toy_stage0_logits_data),
    .s_valid(toy_stage0_logits_valid),
    .s_ready(toy_stage0_logits_ready),
    .m_axis_tdata(m_axis_dma0_tdata),
    .m_axis_tkeep(m_axis_dma0_tkeep),
    .m_axis_tlast(m_axis_dma0_tlast),
    .m_axis_tvalid(m_axis_dma0_tvalid),
    .m_axis_tready(m_axis_dma0_tready),
    .done(toy_stage0_logits_done)
  );
  offramp_axis_output #(
    .BEAT_BYTES(1),
    .BEATS(4)
  ) toy_stage0_map (
    .clk(aclk),
    .rst_n(stage_rst_n[0]),
    .s_data(toy_stage0_map_data),
    .s_valid(toy_stage0_map_valid),
    .s_ready(toy_stage0_map_ready),
    .m_axis_tdata(m_axis_dma0_map_tdata),
    .m_axis_tkeep(m_axis_dma0_map_tkeep),
    .m_axis_tlast(m_axis_dma0_map_tlast),
    .m_axis_tvalid(m_axis_dma0_map_tvalid),
    .m_axis_tready(m_axis_dma0_map_tready),
    .done(toy_stage0_map_done)
  );
  assign toy_stage0_waits = (m_axis_dma0_tvalid && !m_axis_dma0_tready) || (m_axis_dma0_map_tvalid && !m_axis_dma0_map_tready);
  offramp_stage_counters #(
    .MAP(1)
  ) toy_stage0_counters (
    .clk(aclk),
    .rst_n(stage_rst_n[0]),
    .begun(toy_stage0_begun),
    .cut(toy_stage0_cut),
    .logits_done(toy_stage0_logits_done),
    .map_done(toy_stage0_map_done),
    .waits(toy_stage0_waits),
    .frames_in(frames_in[0+:32]),
    .frames_cut(frames_cut[0+:32]),
    .logits_out(logits_out[0+:32]),
    .maps_out(maps_out[0+:32]),
    .busy(busy[0+:64]),
    .stalled(stalled[0+:64])
  );

  wire [7:0] toy_stage1_in_data;
  wire [39:0] toy_stage1_logits_data;
  wire toy_stage1_in_valid, toy_stage1_in_ready, toy_stage1_begun, toy_stage1_cut;
  wire toy_stage1_logits_valid, toy_stage1_logits_ready, toy_stage1_logits_done;
  wire toy_stage1_map_done, toy_stage1_waits;
  offramp_axis_input #(
    .BEAT_BYTES(1),
    .BEATS(8)
  ) toy_stage1_input (
    .clk(aclk),
    .rst_n(stage_rst_n[1]),
    .s_axis_tdata(s_axis_dma1_tdata),
    .s_axis_tkeep(s_axis_dma1_tkeep),
    .s_axis_tlast(s_axis_dma1_tlast),
    .s_axis_tvalid(s_axis_dma1_tvalid),
    .s_axis_tready(s_axis_dma1_tready),
    .m_data(toy_stage1_in_data),
    .m_valid(toy_stage1_in_valid),
    .m_ready(toy_stage1_in_ready),
    .begun(toy_stage1_begun),
    .cut(toy_stage1_cut)
  );
  toy_stage1 toy_stage1_part (
    .ap_clk(aclk),
    .ap_rst_n(stage_rst_n[1]),
    .in0_V_tdata(toy_stage1_in_data),
    .in0_V_tvalid(toy_stage1_in_valid),
    .in0_V_tready(toy_stage1_in_ready),
    .out0_V_tdata(toy_stage1_logits_data),
    .out0_V_tvalid(toy_stage1_logits_valid),
    .out0_V_tready(toy_stage1_logits_ready)
  );
  offramp_axis_output #(
    .BEAT_BYTES(5),
    .BEATS(1)
  ) toy_stage1_logits (
    .clk(aclk),
    .rst_n(stage_rst_n[1]),
    .s_data(toy_stage1_logits_data),
    .s_valid(toy_stage1_logits_valid),
    .s_ready(toy_stage1_logits_ready),
    .m_axis_tdata(m_axis_dma1_tdata),
    .m_axis_tkeep(m_axis_dma1_tkeep),
    .m_axis_tlast(m_axis_dma1_tlast),
    .m_axis_tvalid(m_axis_dma1_tvalid),
    .m_axis_tready(m_axis_dma1_tready),
    .done(toy_stage1_logits_done)
  );
  assign toy_stage1_map_done = 1'b0;
  assign toy_stage1_waits = (m_axis_dma1_tvalid && !m_axis_dma1_tready);
  offramp_stage_counters #(
    .MAP(0)
  ) toy_stage1_counters (
    .clk(aclk),
    .rst_n(stage_rst_n[1]),
    .begun(toy_stage1_begun),
    .cut(toy_stage1_cut),
    .logits_done(toy_stage1_logits_done),
    .map_done(toy_stage1_map_done),
    .waits(toy_stage1_waits),
    .frames_in(frames_in[32+:32]),
    .frames_cut(frames_cut[32+:32]),
    .logits_out(logits_out[32+:32]),
    .maps_out(maps_out[32+:32]),
    .busy(busy[64+:64]),
    .stalled(stalled[64+:64])
  );

endmodule
