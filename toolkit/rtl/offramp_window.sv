// Sliding windows over a channels-last image stream, with zero padding, for a matrix product behind it.
//
// A frame is HEIGHT x WIDTH pixels, one beat each: CHANNELS values of ELEM_BITS bits. Every window of
// KERNEL_H x KERNEL_W pixels leaves as FOLD beats of LANES values, lowest first; its values are ordered by row, then
// column, then channel. Pixels outside the image are zero and take no input.
//
// Rows are kept in a line memory, the columns of a window in registers. Every pixel, and every padded position right
// of a row or below the image, is one step; a step takes one cycle, or FOLD cycles if a window is complete with it.
// Padding above and to the left costs no step.
module offramp_window #(
  parameter int unsigned CHANNELS = 1,
  parameter int unsigned ELEM_BITS = 8,
  parameter int unsigned HEIGHT = 4,
  parameter int unsigned WIDTH = 4,
  parameter int unsigned KERNEL_H = 3,
  parameter int unsigned KERNEL_W = 3,
  parameter int unsigned STRIDE_H = 1,
  parameter int unsigned STRIDE_W = 1,
  parameter int unsigned PAD_TOP = 0,
  parameter int unsigned PAD_LEFT = 0,
  parameter int unsigned PAD_BOTTOM = 0,
  parameter int unsigned PAD_RIGHT = 0,
  parameter int unsigned LANES = 9
) (
  input  logic                          clk,
  input  logic                          rst_n,
  input  logic [CHANNELS*ELEM_BITS-1:0] s_data,
  input  logic                          s_valid,
  output logic                          s_ready,
  output logic [LANES*ELEM_BITS-1:0]    m_data,
  output logic                          m_valid,
  input  logic                          m_ready
);

  localparam int unsigned PIXEL_BITS = CHANNELS * ELEM_BITS;
  localparam int unsigned WINDOW_BITS = KERNEL_H * KERNEL_W * PIXEL_BITS;
  localparam int unsigned BEAT_BITS = LANES * ELEM_BITS;
  localparam int unsigned FOLD = WINDOW_BITS / BEAT_BITS;
  localparam int unsigned ROWS = HEIGHT + PAD_BOTTOM;
  localparam int unsigned COLUMNS = WIDTH + PAD_RIGHT;
  localparam int unsigned FIRST_ROW = KERNEL_H - 1 - PAD_TOP;  // the step with which the first window is complete
  localparam int unsigned FIRST_COLUMN = KERNEL_W - 1 - PAD_LEFT;
  localparam int unsigned ROW_BITS = $clog2(ROWS + 1);
  localparam int unsigned COLUMN_BITS = $clog2(COLUMNS + 1);

  if (CHANNELS < 1 || ELEM_BITS < 1 || STRIDE_H < 1 || STRIDE_W < 1) begin : gen_bad_sizes
    $error("offramp_window: CHANNELS, ELEM_BITS and strides must be at least 1");
  end
  if (PAD_TOP >= KERNEL_H || PAD_LEFT >= KERNEL_W) begin : gen_bad_padding
    $error("offramp_window: PAD_TOP and PAD_LEFT must be smaller than the kernel");
  end
  if (ROWS <= FIRST_ROW || COLUMNS <= FIRST_COLUMN) begin : gen_bad_kernel
    $error("offramp_window: the kernel must fit into the padded image");
  end
  if (LANES < 1 || WINDOW_BITS % BEAT_BITS != 0) begin : gen_bad_lanes
    $error("offramp_window: LANES must divide KERNEL_H*KERNEL_W*CHANNELS");
  end

  // Where the next step stands, and how many steps until a window is complete in each direction.
  logic [ROW_BITS-1:0] row;
  logic [COLUMN_BITS-1:0] column;
  logic [ROW_BITS-1:0] row_wait;
  logic [COLUMN_BITS-1:0] column_wait;
  logic on_image;
  assign on_image = row < ROW_BITS'(HEIGHT) && column < COLUMN_BITS'(WIDTH);

  // The step taken last is held until the window register has taken it in.
  logic holding;
  logic take;
  logic done;
  logic free;
  assign free = !holding || done;
  assign take = free && (s_valid || !on_image);
  assign s_ready = free && on_image;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      row         <= '0;
      column      <= '0;
      row_wait    <= ROW_BITS'(FIRST_ROW);
      column_wait <= COLUMN_BITS'(FIRST_COLUMN);
    end else if (take) begin
      if (column != COLUMN_BITS'(COLUMNS - 1)) begin
        column      <= column + 1'b1;
        column_wait <= (column_wait == '0) ? COLUMN_BITS'(STRIDE_W - 1) : column_wait - 1'b1;
      end else begin
        column      <= '0;
        column_wait <= COLUMN_BITS'(FIRST_COLUMN);
        if (row != ROW_BITS'(ROWS - 1)) begin
          row      <= row + 1'b1;
          row_wait <= (row_wait == '0) ? ROW_BITS'(STRIDE_H - 1) : row_wait - 1'b1;
        end else begin
          row      <= '0;
          row_wait <= ROW_BITS'(FIRST_ROW);
        end
      end
    end
  end

  logic [PIXEL_BITS-1:0] held;
  /* verilator lint_off UNUSEDSIGNAL */  // where the kernel is a single row or column
  logic [ROW_BITS-1:0] held_row;
  logic [COLUMN_BITS-1:0] held_column;
  /* verilator lint_on UNUSEDSIGNAL */
  logic complete;  // with the held step
  always_ff @(posedge clk) begin
    if (!rst_n) holding <= 1'b0;
    else if (free) holding <= take;
    if (take) begin
      held        <= on_image ? s_data : '0;
      held_row    <= row;
      held_column <= column;
      complete    <= row_wait == '0 && column_wait == '0;
    end
  end

  // One column of the window, the oldest row lowest: rows of this image only.
  logic [KERNEL_H*PIXEL_BITS-1:0] pixels;
  if (KERNEL_H == 1) begin : gen_row
    assign pixels = held;
  end else begin : gen_rows
    localparam int unsigned KEPT_BITS = (KERNEL_H - 1) * PIXEL_BITS;
    logic [KEPT_BITS-1:0] kept;
    logic [KEPT_BITS-1:0] kept_next;
    logic keep;
    assign kept_next = pixels[PIXEL_BITS+:KEPT_BITS];
    assign keep = done && held_column < COLUMN_BITS'(WIDTH);

    if (WIDTH == 1) begin : gen_register
      always_ff @(posedge clk) begin
        if (keep) kept <= kept_next;
      end
    end else begin : gen_memory
      // Neighbouring steps have different columns, so what is written is never read in the same cycle.
      localparam int unsigned ADDRESS_BITS = $clog2(WIDTH);
      (* no_rw_check *) logic [KEPT_BITS-1:0] memory[WIDTH];
      always_ff @(posedge clk) begin
        if (keep) memory[ADDRESS_BITS'(held_column)] <= kept_next;
        if (take && column < COLUMN_BITS'(WIDTH)) kept <= memory[ADDRESS_BITS'(column)];
      end
    end

    assign pixels[(KERNEL_H-1)*PIXEL_BITS+:PIXEL_BITS] = held;
    for (genvar i = 0; i < KERNEL_H - 1; i++) begin : gen_above
      logic shown;
      assign shown = held_row >= ROW_BITS'(KERNEL_H - 1 - i) && held_column < COLUMN_BITS'(WIDTH);
      assign pixels[i*PIXEL_BITS+:PIXEL_BITS] = shown ? kept[i*PIXEL_BITS+:PIXEL_BITS] : '0;
    end
  end

  // The window: its columns, the oldest first. Where a row begins, the columns before it are zero.
  logic [KERNEL_W-1:0][KERNEL_H*PIXEL_BITS-1:0] columns;
  logic [WINDOW_BITS-1:0] window;
  always_ff @(posedge clk) begin
    if (done) columns[KERNEL_W-1] <= pixels;
  end
  for (genvar k = 0; k < KERNEL_W - 1; k++) begin : gen_shift
    always_ff @(posedge clk) begin
      if (done) columns[k] <= (held_column == '0) ? '0 : columns[k+1];
    end
  end
  for (genvar r = 0; r < KERNEL_H; r++) begin : gen_order
    for (genvar k = 0; k < KERNEL_W; k++) begin : gen_pixel
      assign window[(r*KERNEL_W+k)*PIXEL_BITS+:PIXEL_BITS] = columns[k][r*PIXEL_BITS+:PIXEL_BITS];
    end
  end

  logic last;  // beat of the window
  assign done = holding && (!m_valid || (m_ready && last));
  always_ff @(posedge clk) begin
    if (!rst_n) m_valid <= 1'b0;
    else if (done) m_valid <= complete;
    else if (m_ready && last) m_valid <= 1'b0;
  end

  if (FOLD == 1) begin : gen_whole
    assign last   = 1'b1;
    assign m_data = window;
  end else begin : gen_beats
    localparam int unsigned BEAT_INDEX_BITS = $clog2(FOLD);
    logic [BEAT_INDEX_BITS-1:0] beat;
    assign last = beat == BEAT_INDEX_BITS'(FOLD - 1);
    always_ff @(posedge clk) begin
      if (!rst_n) beat <= '0;
      else if (m_valid && m_ready) beat <= last ? '0 : beat + 1'b1;
    end
    assign m_data = window[beat*BEAT_BITS+:BEAT_BITS];
  end

endmodule
