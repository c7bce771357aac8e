// Changes the width of a stream, the lowest bits first: a drop-in for FINN+'s module of the same name and ports.
//
// FINN+'s can do any two widths, at the price of a wide shifter. Where one width is a multiple of the other, a shift
// register does; elsewhere FINN+'s is used.
module dwc_axi #(
  parameter int unsigned IBITS = 8,
  parameter int unsigned OBITS = 16
) (
  input  logic                       ap_clk,
  input  logic                       ap_rst_n,
  output logic                       s_axis_tready,
  input  logic                       s_axis_tvalid,
  /* verilator lint_off UNUSEDSIGNAL */  // bits beyond IBITS fill up a byte
  input  logic [(IBITS+7)/8*8-1:0]   s_axis_tdata,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic                       m_axis_tready,
  output logic                       m_axis_tvalid,
  output logic [(OBITS+7)/8*8-1:0]   m_axis_tdata
);

  localparam int unsigned PADDED = (OBITS + 7) / 8 * 8;
  if (IBITS < 1 || OBITS < 1) begin : gen_bad_widths
    $error("dwc_axi: IBITS and OBITS must be at least 1");
  end

  if (IBITS == OBITS) begin : gen_same
    assign m_axis_tdata  = PADDED'(s_axis_tdata[IBITS-1:0]);
    assign m_axis_tvalid = s_axis_tvalid;
    assign s_axis_tready = m_axis_tready;
  end else if (IBITS % OBITS == 0) begin : gen_narrower
    localparam int unsigned RATIO = IBITS / OBITS;
    localparam int unsigned LEFT_BITS = $clog2(RATIO + 1);
    logic [IBITS-1:0] data;
    logic [LEFT_BITS-1:0] left;
    logic take;
    assign m_axis_tdata  = PADDED'(data[OBITS-1:0]);
    assign m_axis_tvalid = left != '0;
    assign s_axis_tready = left == '0 || (left == LEFT_BITS'(1) && m_axis_tready);
    assign take = s_axis_tvalid && s_axis_tready;
    always_ff @(posedge ap_clk) begin
      if (take || m_axis_tready) data <= take ? s_axis_tdata[IBITS-1:0] : data >> OBITS;
    end
    always_ff @(posedge ap_clk) begin
      if (!ap_rst_n) left <= '0;
      else if (take) left <= LEFT_BITS'(RATIO);
      else if (m_axis_tvalid && m_axis_tready) left <= left - 1'b1;
    end
  end else if (OBITS % IBITS == 0) begin : gen_wider
    localparam int unsigned RATIO = OBITS / IBITS;
    localparam int unsigned COUNT_BITS = $clog2(RATIO + 1);
    logic [OBITS-1:0] data;
    logic [COUNT_BITS-1:0] count;
    logic take;
    assign m_axis_tdata  = PADDED'(data);
    assign m_axis_tvalid = count == COUNT_BITS'(RATIO);
    assign s_axis_tready = !m_axis_tvalid || m_axis_tready;
    assign take = s_axis_tvalid && s_axis_tready;
    always_ff @(posedge ap_clk) begin
      if (take) data <= {s_axis_tdata[IBITS-1:0], data[OBITS-1:IBITS]};
    end
    always_ff @(posedge ap_clk) begin
      if (!ap_rst_n) count <= '0;
      else if (m_axis_tvalid && m_axis_tready) count <= COUNT_BITS'(take);
      else count <= count + COUNT_BITS'(take);
    end
  end else begin : gen_any
    logic [OBITS-1:0] data;
    assign m_axis_tdata = PADDED'(data);
    vpc #(
      .W(1),
      .N(IBITS * OBITS),
      .PI(IBITS),
      .PO(OBITS)
    ) core (
      .clk(ap_clk),
      .rst(!ap_rst_n),
      .idat(s_axis_tdata[IBITS-1:0]),
      .ivld(s_axis_tvalid),
      .irdy(s_axis_tready),
      .odat(data),
      .ovld(m_axis_tvalid),
      .ordy(m_axis_tready)
    );
  end

endmodule
