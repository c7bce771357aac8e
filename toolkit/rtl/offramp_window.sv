// Sliding windows over a channels-last image stream, with zero padding, for a matrix product behind it.
//
// A frame is HEIGHT x WIDTH pixels, one beat each: CHANNELS values of ELEM_BITS bits. Every window of
// KERNEL_H x KERNEL_W pixels leaves as FOLD beats of LANES values, lowest first; its values are ordered by row, then
// column, then channel. Pixels outside the image are zero and take no input.
//
// Rows are kept in a line memory, the columns of a window in registers. Every pixel, and every padded position right
// of a row or below the image, is one step; a step takes one cycle, or FOLD cycles if a window is complete with it.
// Padding above and to the left costs no step, but for windows that lie in it as a whole: where it is KERNEL or more,
// LEAD rows or columns of zeros come first, as soon as a frame's first pixel waits.
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
  localparam int unsigned LEAD_H = (PAD_TOP >= KERNEL_H) ? PAD_TOP + 1 - KERNEL_H : 0;
  localparam int unsigned LEAD_W = (PAD_LEFT >= KERNEL_W) ? PAD_LEFT + 1 - KERNEL_W : 0;
  localparam int unsigned ROWS = LEAD_H + HEIGHT + PAD_BOTTOM;
  localparam int unsigned COLUMNS = LEAD_W + WIDTH + PAD_RIGHT;
  // The step with which the first window is complete.
  localparam int unsigned FIRST_ROW = KERNEL_H - 1 + LEAD_H - PAD_TOP;
  localparam int unsigned FIRST_COLUMN = KERNEL_W - 1 + LEAD_W - PAD_LEFT;
  localparam int unsigned ROW_BITS = $clog2(ROWS + 1);
  localparam int unsigned COLUMN_BITS = $clog2(COLUMNS + 1);
  // Waits reach from the first window or a stride down to 0, whatever fits the image.
  localparam int unsigned LONGEST_ROW_WAIT = (FIRST_ROW + 1 > STRIDE_H) ? FIRST_ROW + 1 : STRIDE_H;
  localparam int unsigned LONGEST_COLUMN_WAIT = (FIRST_COLUMN + 1 > STRIDE_W) ? FIRST_COLUMN + 1 : STRIDE_W;
  localparam int unsigned ROW_WAIT_BITS = (LONGEST_ROW_WAIT > 1) ? $clog2(LONGEST_ROW_WAIT) : 1;
  localparam int unsigned COLUMN_WAIT_BITS = (LONGEST_COLUMN_WAIT > 1) ? $clog2(LONGEST_COLUMN_WAIT) : 1;

  if (CHANNELS < 1 || ELEM_BITS < 1 || STRIDE_H < 1 || STRIDE_W < 1) begin : gen_bad_sizes
    $error("offramp_window: CHANNELS, ELEM_BITS and strides must be at least 1");
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
  logic [ROW_WAIT_BITS-1:0] row_wait;
  logic [COLUMN_WAIT_BITS-1:0] column_wait;
  logic on_column;
  logic on_image;
  // Below LEAD the difference wraps to a number that is larger than any row or column.
  assign on_column = column - COLUMN_BITS'(LEAD_W) < COLUMN_BITS'(WIDTH);
  assign on_image = on_column && row - ROW_BITS'(LEAD_H) < ROW_BITS'(HEIGHT);

  // The step taken last is held until the window register has taken it in.
  logic holding;
  logic take;
  logic done;
  logic free;
  logic started;  // the frame of the next step has had a pixel
  assign free = !holding || done;
  assign take = free && (s_valid || (started && !on_image));
  assign s_ready = free && on_image;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      started     <= 1'b0;
      row         <= '0;
      column      <= '0;
      row_wait    <= ROW_WAIT_BITS'(FIRST_ROW);
      column_wait <= COLUMN_WAIT_BITS'(FIRST_COLUMN);
    end else if (take) begin
      started <= started || on_image;
      if (column != COLUMN_BITS'(COLUMNS - 1)) begin
        column      <= column + 1'b1;
        column_wait <= (column_wait == '0) ? COLUMN_WAIT_BITS'(STRIDE_W - 1) : column_wait - 1'b1;
      end else begin
        column      <= '0;
        column_wait <= COLUMN_WAIT_BITS'(FIRST_COLUMN);
        if (row != ROW_BITS'(ROWS - 1)) begin
          row      <= row + 1'b1;
          row_wait <= (row_wait == '0) ? ROW_WAIT_BITS'(STRIDE_H - 1) : row_wait - 1'b1;
        end else begin
          started  <= 1'b0;
          row      <= '0;
          row_wait <= ROW_WAIT_BITS'(FIRST_ROW);
        end
      end
    end
  end

  logic [PIXEL_BITS-1:0] held;
  /* verilator lint_off UNUSEDSIGNAL */  // where the kernel is a single row or column
  logic held_first;  // it is in the frame's first row
  logic [COLUMN_BITS-1:0] held_column;
  logic [COLUMN_BITS-1:0] held_place;  // column of the image
  /* verilator lint_on UNUSEDSIGNAL */
  logic complete;  // with the held step
  assign held_place = held_column - COLUMN_BITS'(LEAD_W);
  always_ff @(posedge clk) begin
    if (!rst_n) holding <= 1'b0;
    else if (free) holding <= take;
    if (take) begin
      held        <= on_image ? s_data : '0;
      held_first  <= row == '0;
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
    assign keep = done && held_place < COLUMN_BITS'(WIDTH);

    if (WIDTH == 1) begin : gen_register
      always_ff @(posedge clk) begin
        if (keep) kept <= kept_next;
      end
    end else begin : gen_memory
      // Neighbouring steps have different columns, so what is written is never read in the same cycle.
      localparam int unsigned ADDRESS_BITS = $clog2(WIDTH);
      (* no_rw_check *) logic [KEPT_BITS-1:0] memory[WIDTH];
      always_ff @(posedge clk) begin
        if (keep) memory[ADDRESS_BITS'(held_place)] <= kept_next;
        if (take && on_column) kept <= memory[ADDRESS_BITS'(column-COLUMN_BITS'(LEAD_W))];
      end
    end

    // What the first row hides is written back as zeros, so the rows after it need not hide it again.
    assign pixels = {held, (!held_first && held_place < COLUMN_BITS'(WIDTH)) ? kept : KEPT_BITS'(0)};
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
