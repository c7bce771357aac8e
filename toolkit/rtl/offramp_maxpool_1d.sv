// Max-pool along one dimension of a stream, without padding.
//
// The stream is a sequence of LENGTH lines of POSITIONS beats, over and over; a beat is PE values of ELEM_BITS bits
// (two's complement if SIGNED). A line is dropped, or leaves with every value replaced by the maximum over KERNEL
// lines, itself and those before it at the same position: the first full window leaves, then every STRIDE-th, up to
// the last that is complete. It takes one beat per cycle and answers in the next one. It keeps KERNEL-1 lines in a
// memory that has no reset and is read through a clocked enable, so it maps to LUT RAM or block RAM.
module offramp_maxpool_1d #(
  parameter int unsigned PE = 1,
  parameter int unsigned ELEM_BITS = 8,
  parameter bit SIGNED = 1'b0,
  parameter int unsigned POSITIONS = 1,
  parameter int unsigned LENGTH = 4,
  parameter int unsigned KERNEL = 2,
  parameter int unsigned STRIDE = 2
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
  if (KERNEL < 1 || KERNEL > LENGTH) begin : gen_bad_kernel
    $error("offramp_maxpool_1d: KERNEL must be at least 1 and at most LENGTH");
  end

  localparam int unsigned BITS = PE * ELEM_BITS;
  localparam int unsigned POSITION_BITS = (POSITIONS > 1) ? $clog2(POSITIONS) : 1;
  localparam int unsigned LINE_BITS = (LENGTH > 1) ? $clog2(LENGTH) : 1;
  localparam int unsigned LONGEST = (KERNEL > STRIDE) ? KERNEL : STRIDE;
  localparam int unsigned WAIT_BITS = (LONGEST > 1) ? $clog2(LONGEST) : 1;
  localparam logic [POSITION_BITS-1:0] LAST_POSITION = POSITION_BITS'(POSITIONS - 1);
  localparam logic [LINE_BITS-1:0] LAST_LINE = LINE_BITS'(LENGTH - 1);

  // The beat taken last is held until it has left or been dropped.
  logic [BITS-1:0] held;
  logic holding;
  logic leaving;  // the held beat belongs to a line that leaves
  logic take;
  logic done;

  assign m_valid = holding && leaving;
  assign done = holding && (!leaving || m_ready);
  assign s_ready = !holding || done;
  assign take = s_valid && s_ready;

  logic [POSITION_BITS-1:0] position;
  logic [LINE_BITS-1:0] line;
  logic [WAIT_BITS-1:0] wait_lines;  // until the next window is complete

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      position   <= '0;
      line       <= '0;
      wait_lines <= WAIT_BITS'(KERNEL - 1);
    end else if (take) begin
      position <= (position == LAST_POSITION) ? '0 : position + 1'b1;
      if (position == LAST_POSITION) begin
        line <= (line == LAST_LINE) ? '0 : line + 1'b1;
        if (line == LAST_LINE) wait_lines <= WAIT_BITS'(KERNEL - 1);
        else if (wait_lines == '0) wait_lines <= WAIT_BITS'(STRIDE - 1);
        else wait_lines <= wait_lines - 1'b1;
      end
    end
  end

  always_ff @(posedge clk) begin
    if (!rst_n) holding <= 1'b0;
    else if (s_ready) holding <= s_valid;
    if (take) begin
      held    <= s_data;
      leaving <= wait_lines == '0;
    end
  end

  if (KERNEL == 1) begin : gen_pick
    assign m_data = held;
  end else begin : gen_window
    // The lines before, the newest lowest: what they hold at the position of the held beat, and what comes next.
    localparam logic [ELEM_BITS-1:0] SIGN = ELEM_BITS'(SIGNED) << (ELEM_BITS - 1);
    localparam int unsigned KEPT_BITS = (KERNEL - 1) * BITS;
    logic [KEPT_BITS-1:0] kept;
    logic [KEPT_BITS-1:0] kept_next;
    assign kept_next = KEPT_BITS'({kept, held});

    if (POSITIONS == 1) begin : gen_register
      always_ff @(posedge clk) begin
        if (done) kept <= kept_next;
      end
    end else begin : gen_memory
      // Neighbouring beats have different positions, so what is written is never read in the same cycle.
      (* no_rw_check *) logic [KEPT_BITS-1:0] memory[POSITIONS];
      logic [POSITION_BITS-1:0] held_position;
      always_ff @(posedge clk) begin
        if (done) memory[held_position] <= kept_next;
        if (take) kept <= memory[position];
        if (take) held_position <= position;
      end
    end

    for (genvar i = 0; i < PE; i++) begin : gen_lane
      logic [ELEM_BITS-1:0] best;
      always_comb begin
        best = held[i*ELEM_BITS+:ELEM_BITS];
        for (int unsigned k = 0; k < KERNEL - 1; k++) begin
          // Turning the sign bits brings two's complement into unsigned order.
          if ((kept[k*BITS+i*ELEM_BITS+:ELEM_BITS] ^ SIGN) > (best ^ SIGN)) begin
            best = kept[k*BITS+i*ELEM_BITS+:ELEM_BITS];
          end
        end
      end
      assign m_data[i*ELEM_BITS+:ELEM_BITS] = best;
    end
  end

endmodule
