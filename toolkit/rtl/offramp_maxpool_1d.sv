// Max-pool along one dimension of a stream.
//
// The stream is a sequence of LENGTH lines of POSITIONS beats, over and over; a beat is PE values of ELEM_BITS bits
// (two's complement if SIGNED). Windows reach over PAD_BEFORE lines before the first and PAD_BEHIND lines behind the
// last one; a padded line never wins, since it holds the type's minimum. A line is dropped, or leaves with every value
// replaced by the maximum over KERNEL lines, itself and those before it at the same position: the first full window
// leaves, then every STRIDE-th, up to the last that is complete. Lines before the first take no time; a line behind the
// last one takes as long as any other, without input. It takes one beat per cycle and answers in the next one. It keeps
// KERNEL-1 lines in a memory that has no reset and is read through a clocked enable, so it maps to LUT RAM or block RAM.
module offramp_maxpool_1d #(
  parameter int unsigned PE = 1,
  parameter int unsigned ELEM_BITS = 8,
  parameter bit SIGNED = 1'b0,
  parameter int unsigned POSITIONS = 1,
  parameter int unsigned LENGTH = 4,
  parameter int unsigned KERNEL = 2,
  parameter int unsigned STRIDE = 2,
  parameter int unsigned PAD_BEFORE = 0,
  parameter int unsigned PAD_BEHIND = 0
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

  if (PE < 1 || ELEM_BITS < 1 || POSITIONS < 1 || STRIDE < 1) begin : gen_bad_sizes
    $error("offramp_maxpool_1d: PE, ELEM_BITS, POSITIONS and STRIDE must be at least 1");
  end
  if (KERNEL < 1 || KERNEL > PAD_BEFORE + LENGTH + PAD_BEHIND) begin : gen_bad_kernel
    $error("offramp_maxpool_1d: KERNEL must be at least 1 and at most LENGTH with its padding");
  end
  if (PAD_BEFORE >= KERNEL || PAD_BEHIND >= KERNEL) begin : gen_bad_padding
    $error("offramp_maxpool_1d: a window must not lie in the padding as a whole");
  end

  localparam int unsigned BITS = PE * ELEM_BITS;
  localparam int unsigned POSITION_BITS = (POSITIONS > 1) ? $clog2(POSITIONS) : 1;
  localparam int unsigned LINES = LENGTH + PAD_BEHIND;
  localparam int unsigned FIRST = KERNEL - 1 - PAD_BEFORE;  // line that completes the first window
  localparam int unsigned LINE_BITS = (LINES > 1) ? $clog2(LINES) : 1;
  localparam int unsigned LONGEST = (KERNEL > STRIDE) ? KERNEL : STRIDE;
  localparam int unsigned WAIT_BITS = (LONGEST > 1) ? $clog2(LONGEST) : 1;
  localparam logic [POSITION_BITS-1:0] LAST_POSITION = POSITION_BITS'(POSITIONS - 1);
  localparam logic [LINE_BITS-1:0] LAST_LINE = LINE_BITS'(LINES - 1);
  // Turning the sign bit brings two's complement into unsigned order; the sign bit alone is the type's minimum.
  localparam logic [ELEM_BITS-1:0] SIGN = ELEM_BITS'(SIGNED) << (ELEM_BITS - 1);

  // The beat taken last is held until it has left or been dropped.
  logic [BITS-1:0] held;
  logic holding;
  logic leaving;  // the held beat belongs to a line that leaves
  logic free;
  logic padded;  // the next beat belongs to a line behind the last one
  logic take;
  logic done;

  assign m_valid = holding && leaving;
  assign done = holding && (!leaving || m_ready);
  assign free = !holding || done;
  assign s_ready = free && !padded;
  assign take = free && (s_valid || padded);

  logic [POSITION_BITS-1:0] position;
  logic [LINE_BITS-1:0] line;
  logic [WAIT_BITS-1:0] wait_lines;  // until the next window is complete

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      position   <= '0;
      line       <= '0;
      wait_lines <= WAIT_BITS'(FIRST);
    end else if (take) begin
      position <= (position == LAST_POSITION) ? '0 : position + 1'b1;
      if (position == LAST_POSITION) begin
        line <= (line == LAST_LINE) ? '0 : line + 1'b1;
        if (line == LAST_LINE) wait_lines <= WAIT_BITS'(FIRST);
        else if (wait_lines == '0) wait_lines <= WAIT_BITS'(STRIDE - 1);
        else wait_lines <= wait_lines - 1'b1;
      end
    end
  end

  if (PAD_BEHIND == 0) begin : gen_all_come
    assign padded = 1'b0;
  end else begin : gen_some_padded
    assign padded = line >= LINE_BITS'(LENGTH);
  end

  always_ff @(posedge clk) begin
    if (!rst_n) holding <= 1'b0;
    else if (free) holding <= take;
    if (take) begin
      held    <= padded ? {PE{SIGN}} : s_data;
      leaving <= wait_lines == '0;
    end
  end

  if (KERNEL == 1) begin : gen_pick
    assign m_data = held;
  end else begin : gen_window
    // The lines before, the newest lowest: what they hold at the position of the held beat, and what comes next.
    localparam int unsigned KEPT_BITS = (KERNEL - 1) * BITS;
    logic [KEPT_BITS-1:0] stored;
    logic [KEPT_BITS-1:0] kept;
    logic [KEPT_BITS-1:0] kept_next;
    assign kept_next = KEPT_BITS'({kept, held});

    if (PAD_BEFORE == 0) begin : gen_as_stored
      assign kept = stored;
    end else begin : gen_after_padding
      // What is stored at a frame's first line is of the frame before.
      logic held_first;
      always_ff @(posedge clk) begin
        if (take) held_first <= line == '0;
      end
      assign kept = held_first ? {(KERNEL - 1) {{PE{SIGN}}}} : stored;
    end

    if (POSITIONS == 1) begin : gen_register
      always_ff @(posedge clk) begin
        if (done) stored <= kept_next;
      end
    end else begin : gen_memory
      // Neighbouring beats have different positions, so what is written is never read in the same cycle.
      (* no_rw_check *) logic [KEPT_BITS-1:0] memory[POSITIONS];
      logic [POSITION_BITS-1:0] held_position;
      always_ff @(posedge clk) begin
        if (done) memory[held_position] <= kept_next;
        if (take) stored <= memory[position];
        if (take) held_position <= position;
      end
    end

    for (genvar i = 0; i < PE; i++) begin : gen_lane
      logic [ELEM_BITS-1:0] best;
      always_comb begin
        best = held[i*ELEM_BITS+:ELEM_BITS];
        for (int unsigned k = 0; k < KERNEL - 1; k++) begin
          if ((kept[k*BITS+i*ELEM_BITS+:ELEM_BITS] ^ SIGN) > (best ^ SIGN)) begin
            best = kept[k*BITS+i*ELEM_BITS+:ELEM_BITS];
          end
        end
      end
      assign m_data[i*ELEM_BITS+:ELEM_BITS] = best;
    end
  end

endmodule
