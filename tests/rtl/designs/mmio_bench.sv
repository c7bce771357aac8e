// The processor's port with checks of its handshakes, and of what it says in a reset.
module mmio_bench #(
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

  offramp_mmio_port #(.ID_BITS(ID_BITS)) port (.*);

  offramp_stream_check #(.WIDTH(ID_BITS), .NAME("write response")) check_b (
    .clk, .rst_n, .data(s_axi_bid), .valid(s_axi_bvalid), .ready(s_axi_bready)
  );
  offramp_stream_check #(.WIDTH(ID_BITS + 33), .NAME("read data")) check_r (
    .clk, .rst_n, .data({s_axi_rid, s_axi_rlast, s_axi_rdata}), .valid(s_axi_rvalid), .ready(s_axi_rready)
  );
  offramp_stream_check #(.WIDTH(8), .NAME("bytes")) check_m (
    .clk, .rst_n, .data(m_data), .valid(m_valid), .ready(m_ready)
  );

  // Requests may come in a reset; none is taken, and from its second cycle on nothing is answered.
  logic was_reset = 1'b0;
  always_ff @(posedge clk) begin
    was_reset <= !rst_n;
    if (!rst_n) begin
      assert (!s_axi_awready && !s_axi_arready)
      else $error("a request is taken in a reset");
      assert (!was_reset || !(s_axi_wready || s_axi_bvalid || s_axi_rvalid || m_valid))
      else $error("something goes on in a reset");
    end
  end

endmodule
