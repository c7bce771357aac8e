// A processor's AXI3 port to streams of bytes: see offramp_axi_words and offramp_mailbox.
module offramp_mmio_port #(
  parameter int unsigned ID_BITS = 12
) (
  input  logic               clk,
  input  logic               rst_n,
  input  logic [ID_BITS-1:0] s_axi_awid,
  input  logic [       12:0] s_axi_awaddr,
  input  logic               s_axi_awvalid,
  output logic               s_axi_awready,
  input  logic [       31:0] s_axi_wdata,
  input  logic               s_axi_wlast,
  input  logic               s_axi_wvalid,
  output logic               s_axi_wready,
  output logic [ID_BITS-1:0] s_axi_bid,
  output logic               s_axi_bvalid,
  input  logic               s_axi_bready,
  input  logic [ID_BITS-1:0] s_axi_arid,
  input  logic [       12:0] s_axi_araddr,
  input  logic [        3:0] s_axi_arlen,
  input  logic               s_axi_arvalid,
  output logic               s_axi_arready,
  output logic [ID_BITS-1:0] s_axi_rid,
  output logic [       31:0] s_axi_rdata,
  output logic               s_axi_rlast,
  output logic               s_axi_rvalid,
  input  logic               s_axi_rready,
  output logic [        7:0] m_data,
  output logic               m_valid,
  input  logic               m_ready,
  input  logic [        7:0] s_data,
  input  logic               s_valid,
  input  logic               s_last,
  output logic               s_ready
);

  logic write;
  logic [10:0] write_at, read_at;
  logic [31:0] write_data, read_data;
  offramp_axi_words #(
    .ADDRESS_BITS(13),
    .ID_BITS(ID_BITS)
  ) words (.*);
  offramp_mailbox mailbox (.*);

endmodule
