// A depthwise convolution's sums: each channel's window times that channel's own weights.
//
// A window of KERNEL positions of CHANNELS values comes in beats of TAPS*PE values of ELEM_BITS bits (two's complement if
// SIGNED), position after position, channel after channel; so a beat holds PE channels of one position, or, where PE is
// CHANNELS, TAPS whole positions. With every beat of values comes one of weights, in the same order. A window's sums leave
// in two's complement, PE channels in a beat, while its last position comes in. It takes one beat per cycle.
//
// The products of a beat are those of mvu.sv, lane by lane; sums over beats are kept here, one per channel.
module offramp_depthwise #(
  parameter int unsigned PE = 1,
  parameter int unsigned TAPS = 1,
  parameter int unsigned CHANNELS = 1,
  parameter int unsigned KERNEL = 9,
  parameter int unsigned ELEM_BITS = 4,
  parameter bit SIGNED = 1'b0,
  parameter int unsigned WEIGHT_WIDTH = 4,
  parameter int unsigned ACCU_WIDTH = 12,
  parameter int unsigned VERSION = 2  // as of mvu.sv
) (
  input  logic                            clk,
  input  logic                            rst_n,
  input  logic [   TAPS*PE*ELEM_BITS-1:0] s_data,
  input  logic                            s_valid,
  output logic                            s_ready,
  input  logic [TAPS*PE*WEIGHT_WIDTH-1:0] w_data,
  input  logic                            w_valid,
  output logic                            w_ready,
  output logic [       PE*ACCU_WIDTH-1:0] m_data,
  output logic                            m_valid,
  input  logic                            m_ready
);

  if (CHANNELS < PE || CHANNELS % PE != 0) begin : gen_bad_fold
    $error("offramp_depthwise: PE must divide CHANNELS");
  end
  if (KERNEL < TAPS || KERNEL % TAPS != 0 || (TAPS > 1 && PE != CHANNELS)) begin : gen_bad_taps
    $error("offramp_depthwise: TAPS must divide KERNEL, and be 1 where PE is not CHANNELS");
  end

  localparam int unsigned FOLD = CHANNELS / PE;
  localparam int unsigned GROUPS = KERNEL / TAPS;
  localparam int unsigned FOLD_BITS = (FOLD > 1) ? $clog2(FOLD) : 1;
  localparam int unsigned GROUP_BITS = (GROUPS > 1) ? $clog2(GROUPS) : 1;
  localparam int unsigned SUMS = PE * ACCU_WIDTH;

  // Everything moves in the same cycles: whenever the output is free.
  logic move;
  logic take;
  assign move = !m_valid || m_ready;
  assign take = move && s_valid && w_valid;
  assign s_ready = move && w_valid;
  assign w_ready = move && s_valid;

  /* verilator lint_off UNUSEDSIGNAL */  // all are done at once
  logic [PE-1:0] done;
  /* verilator lint_on UNUSEDSIGNAL */
  logic [SUMS-1:0] products;
  for (genvar i = 0; i < PE; i++) begin : gen_channel
    logic [TAPS-1:0][WEIGHT_WIDTH-1:0] weights;
    logic [TAPS-1:0][ELEM_BITS-1:0] elements;
    for (genvar t = 0; t < TAPS; t++) begin : gen_tap
      assign weights[t]  = w_data[(t*PE+i)*WEIGHT_WIDTH+:WEIGHT_WIDTH];
      assign elements[t] = s_data[(t*PE+i)*ELEM_BITS+:ELEM_BITS];
    end
    mvu #(
      .VERSION(VERSION),
      .PE(1),
      .SIMD(TAPS),
      .WEIGHT_WIDTH(WEIGHT_WIDTH),
      .ACTIVATION_WIDTH(ELEM_BITS),
      .ACCU_WIDTH(ACCU_WIDTH),
      .SIGNED_ACTIVATIONS(SIGNED)
    ) core (
      .clk(clk),
      .rst(!rst_n),
      .en(move),
      .last(take),
      .zero(move && !take),
      .w(weights),
      .a(elements),
      .vld(done[i]),
      .p(products[i*ACCU_WIDTH+:ACCU_WIDTH])
    );
  end

  // Where in its window the beat is that the products belong to.
  logic [FOLD_BITS-1:0] fold;
  logic [GROUP_BITS-1:0] group;
  logic add;
  logic last;
  assign add = move && done[0];
  assign last = group == GROUP_BITS'(GROUPS - 1);
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      fold  <= '0;
      group <= '0;
    end else if (add) begin
      fold <= (fold == FOLD_BITS'(FOLD - 1)) ? '0 : fold + 1'b1;
      if (fold == FOLD_BITS'(FOLD - 1)) group <= last ? '0 : group + 1'b1;
    end
  end

  logic [SUMS-1:0] kept;
  logic [SUMS-1:0] sums;
  for (genvar i = 0; i < PE; i++) begin : gen_sum
    assign sums[i*ACCU_WIDTH+:ACCU_WIDTH] = products[i*ACCU_WIDTH+:ACCU_WIDTH]
        + ((group == '0) ? '0 : kept[i*ACCU_WIDTH+:ACCU_WIDTH]);
  end
  if (FOLD == 1) begin : gen_register
    always_ff @(posedge clk) begin
      if (add) kept <= sums;
    end
  end else begin : gen_memory
    logic [SUMS-1:0] memory[FOLD];
    always_ff @(posedge clk) begin
      if (add) memory[fold] <= sums;
    end
    assign kept = memory[fold];
  end

  always_ff @(posedge clk) begin
    if (!rst_n) m_valid <= 1'b0;
    else if (move) m_valid <= done[0] && last;
    if (move) m_data <= sums;
  end

endmodule
