// The handshake of every stream that the system drives.
bind offramp_axis_output offramp_stream_check #(
  .WIDTH(73),
  .NAME("packet")
) handshake (
  .clk,
  .rst_n,
  .data({m_axis_tlast, m_axis_tkeep, m_axis_tdata}),
  .valid(m_axis_tvalid),
  .ready(m_axis_tready)
);
bind offramp_axis_input offramp_stream_check #(
  .WIDTH(8 * BEAT_BYTES),
  .NAME("beat")
) handshake (
  .clk,
  .rst_n,
  .data(m_data),
  .valid(m_valid),
  .ready(m_ready)
);
bind offramp_axi_lite offramp_stream_check #(
  .WIDTH(34),
  .NAME("read")
) read_handshake (
  .clk,
  .rst_n,
  .data({s_axi_rresp, s_axi_rdata}),
  .valid(s_axi_rvalid),
  .ready(s_axi_rready)
);
bind offramp_axi_lite offramp_stream_check #(
  .WIDTH(2),
  .NAME("write")
) write_handshake (
  .clk,
  .rst_n,
  .data(s_axi_bresp),
  .valid(s_axi_bvalid),
  .ready(s_axi_bready)
);
