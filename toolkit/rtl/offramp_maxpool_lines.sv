// Max-pool over a channels-last image stream that needs no window generator: columns first, then rows.
//
// A frame is HEIGHT x WIDTH pixels of CHANNELS/PE beats; a beat is PE values of ELEM_BITS bits (two's complement if
// SIGNED). Windows are KERNEL_H x KERNEL_W, every STRIDE_H x STRIDE_W pixels. They reach into PAD_TOP and PAD_BOTTOM rows
// and PAD_LEFT and PAD_RIGHT columns around the frame, which never win; rows and columns behind the last window are
// dropped. It takes one beat per cycle, whatever kernel and stride, so a frame without padding takes as many cycles as it
// has beats; padded columns at the right take cycles in every row, and padded rows at the bottom the cycles that the
// maxima of the columns need to pass. A maximum leaves two cycles after the last value of its window came in.
module offramp_maxpool_lines #(
  parameter int unsigned PE = 1,
  parameter int unsigned ELEM_BITS = 8,
  parameter bit SIGNED = 1'b0,
  parameter int unsigned CHANNELS = 1,
  parameter int unsigned HEIGHT = 4,
  parameter int unsigned WIDTH = 4,
  parameter int unsigned KERNEL_H = 2,
  parameter int unsigned KERNEL_W = 2,
  parameter int unsigned STRIDE_H = 2,
  parameter int unsigned STRIDE_W = 2,
  parameter int unsigned PAD_TOP = 0,
  parameter int unsigned PAD_LEFT = 0,
  parameter int unsigned PAD_BOTTOM = 0,
  parameter int unsigned PAD_RIGHT = 0
) (
  input  logic                    clk,
  input  logic                    rst_n,
  input  logic [PE*ELEM_BITS-1:0] s_data,
  input  logic                    s_valid,
  output logic                    s_ready,
  output logic [PE*ELEM_BITS-1:0] m_data,
  output logic                    m_valid,
  input  logic                    m_ready
);

  if (CHANNELS < PE || CHANNELS % PE != 0) begin : gen_bad_fold
    $error("offramp_maxpool_lines: PE must divide CHANNELS");
  end

  localparam int unsigned FOLD = CHANNELS / PE;
  localparam int unsigned COLUMNS = (PAD_LEFT + WIDTH + PAD_RIGHT - KERNEL_W) / STRIDE_W + 1;

  logic [PE*ELEM_BITS-1:0] data;
  logic valid;
  logic ready;

  offramp_maxpool_1d #(
    .PE(PE),
    .ELEM_BITS(ELEM_BITS),
    .SIGNED(SIGNED),
    .POSITIONS(FOLD),
    .LENGTH(WIDTH),
    .KERNEL(KERNEL_W),
    .STRIDE(STRIDE_W),
    .PAD_BEFORE(PAD_LEFT),
    .PAD_BEHIND(PAD_RIGHT)
  ) columns (
    .clk(clk),
    .rst_n(rst_n),
    .s_data(s_data),
    .s_valid(s_valid),
    .s_ready(s_ready),
    .m_data(data),
    .m_valid(valid),
    .m_ready(ready)
  );

  offramp_maxpool_1d #(
    .PE(PE),
    .ELEM_BITS(ELEM_BITS),
    .SIGNED(SIGNED),
    .POSITIONS(COLUMNS * FOLD),
    .LENGTH(HEIGHT),
    .KERNEL(KERNEL_H),
    .STRIDE(STRIDE_H),
    .PAD_BEFORE(PAD_TOP),
    .PAD_BEHIND(PAD_BOTTOM)
  ) rows (
    .clk(clk),
    .rst_n(rst_n),
    .s_data(data),
    .s_valid(valid),
    .s_ready(ready),
    .m_data(m_data),
    .m_valid(m_valid),
    .m_ready(m_ready)
  );

endmodule
