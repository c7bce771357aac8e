// The chip's argmax between streams, for simulation: a frame's elements in, the index of the greatest out.
//
// Elements come as the link sends them: bit by bit, those of fewer than ELEMENT_BITS bits in the highest places.
module argmax_stream #(
  parameter int unsigned ELEMENT_BITS = 16,
  parameter int unsigned BITS = 16,
  parameter int unsigned ELEMENTS = 10
) (
  input  logic                    ap_clk,
  input  logic                    ap_rst_n,
  /* verilator lint_off UNUSEDSIGNAL */  // bits beyond BITS fill up a byte
  input  logic [(BITS+7)/8*8-1:0] in0_V_tdata,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic                    in0_V_tvalid,
  output logic                    in0_V_tready,
  output logic [             7:0] out0_V_tdata,
  output logic                    out0_V_tvalid,
  input  logic                    out0_V_tready
);

  localparam int unsigned PLACE_BITS = (ELEMENT_BITS > 1) ? $clog2(ELEMENT_BITS) : 1;

  typedef enum logic [1:0] {
    CLEAR,
    TAKE,
    SHIFT,
    GIVE
  } state_t;
  state_t state;
  logic [BITS-1:0] shift;
  logic [PLACE_BITS-1:0] place;
  logic [$clog2(ELEMENTS+1)-1:0] taken;
  logic [3:0] index;

  assign in0_V_tready = state == TAKE;
  assign out0_V_tvalid = state == GIVE;
  assign out0_V_tdata = 8'(index);

  always_ff @(posedge ap_clk) begin
    if (!ap_rst_n) begin
      state <= CLEAR;
    end else begin
      unique case (state)
        CLEAR: state <= TAKE;
        TAKE: if (in0_V_tvalid) state <= SHIFT;
        SHIFT: if (place == PLACE_BITS'(ELEMENT_BITS - 1)) state <= (32'(taken) == ELEMENTS) ? GIVE : TAKE;
        default: if (out0_V_tready) state <= CLEAR;
      endcase
    end
    if (state == CLEAR) taken <= '0;
    else if (state == TAKE && in0_V_tvalid) taken <= taken + 1'b1;
    if (state == TAKE) begin
      shift <= in0_V_tdata[BITS-1:0];
      place <= PLACE_BITS'(ELEMENT_BITS - BITS);
    end else begin
      shift <= shift >> 1;
      place <= place + 1'b1;
    end
  end

  offramp_argmax #(
    .ELEMENT_BITS(ELEMENT_BITS),
    .INDEX_BITS(4)
  ) argmax (
    .clk(ap_clk),
    .clear(state == CLEAR),
    .s_bit(shift[0]),
    .s_place(place),
    .s_valid(state == SHIFT),
    .index
  );

endmodule
