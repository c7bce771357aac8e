// The arithmetic of a matrix-vector product for open tools: a drop-in for FINN+'s module of the same name and ports,
// result for result in the same cycle.
//
// In every cycle w and a are multiplied lane by lane, summed over SIMD and added to the sums since the last 'last'; a
// cycle with 'zero' adds nothing. The sums that include a cycle with 'last' appear DEPTH cycles after it, with vld.
// FINN+'s packs several products into one wide multiplier, which costs more than it saves where multipliers are
// 18 bits wide. Here each product is one of its own: a multiplier (VERSION 2), or two rows of adders (VERSION 1).
// VERSION 0, for multipliers of 25 x 18 bits (DSP48E1): as many rows as fit side by side share one, since they share the
// activation. A row's product is then one too small where those below it are negative together; their sign is added
// in a sum behind it, whose adder has a carry to spare.
module mvu #(
  parameter int unsigned VERSION = 2,
  parameter int unsigned PE = 1,
  parameter int unsigned SIMD = 1,
  parameter int unsigned WEIGHT_WIDTH = 4,
  parameter int unsigned ACTIVATION_WIDTH = 4,
  parameter int unsigned ACCU_WIDTH = 8,
  parameter bit SIGNED_ACTIVATIONS = 0,
  /* verilator lint_off UNUSEDPARAM */  // FINN+'s choices of primitives
  parameter bit NARROW_WEIGHTS = 0,
  parameter bit FORCE_BEHAVIORAL = 0
  /* verilator lint_on UNUSEDPARAM */
) (
  input  logic clk,
  input  logic rst,
  input  logic en,
  input  logic last,
  input  logic zero,
  input  logic [PE-1:0][SIMD-1:0][WEIGHT_WIDTH-1:0] w,
  input  logic [SIMD-1:0][ACTIVATION_WIDTH-1:0] a,
  output logic vld,
  output logic [PE-1:0][ACCU_WIDTH-1:0] p
);

  localparam int unsigned LEVELS = $clog2(SIMD);
  localparam int unsigned DEPTH = 4 + LEVELS + (SIMD == 1 ? 1 : 0);
  localparam int unsigned DIGITS = (ACTIVATION_WIDTH + 1) / 2;
  localparam int unsigned DIGIT_BITS = WEIGHT_WIDTH + 3;
  localparam int unsigned PRODUCT_BITS = WEIGHT_WIDTH + ACTIVATION_WIDTH;
  localparam int unsigned SUM_BITS = PRODUCT_BITS + LEVELS;
  // Groups of rows that share multipliers, of even sizes: each row but the uppermost takes the bits of a product, that
  // one a weight and a borrow.
  localparam int unsigned ROWS = (VERSION == 0) ? 1 + (25 - WEIGHT_WIDTH - 1) / PRODUCT_BITS : 1;
  localparam int unsigned GROUPS = (PE + ROWS - 1) / ROWS;

  if (PE < 1 || SIMD < 1 || WEIGHT_WIDTH < 2 || ACTIVATION_WIDTH < 2) begin : gen_bad_sizes
    $error("mvu: PE and SIMD must be at least 1, widths at least 2");
  end
  if (VERSION > 2) begin : gen_bad_version
    $error("mvu: VERSION must be 0 (multipliers that rows share), 1 (look-up tables) or 2 (multipliers)");
  end

  logic [DEPTH:1] is_last;
  always_ff @(posedge clk) begin
    if (rst) is_last <= '0;
    else if (en) is_last <= {is_last[DEPTH-1:1], last};
  end
  assign vld = is_last[DEPTH];

  // Whether what arrives at the sums over time was taken behind the last reset, which the stages between do not see.
  logic [DEPTH-1:1] live;
  always_ff @(posedge clk) begin
    if (rst) live <= '0;
    else if (en) live <= {live[DEPTH-2:1], 1'b1};
  end

  // Cycle 1: the operands. Weights come straight from a memory, which is slow.
  logic [PE-1:0][SIMD-1:0][WEIGHT_WIDTH-1:0] weights;
  logic [SIMD-1:0][ACTIVATION_WIDTH-1:0] activations;
  always_ff @(posedge clk) begin
    if (en) weights <= w;
    if (rst || zero) activations <= '0;
    else if (en) activations <= a;
  end

  // Cycles 2 and 3: products, and what each lacks. With one lane there is no sum, and one more cycle for them.
  logic [PE-1:0][SIMD-1:0][PRODUCT_BITS-1:0] products;
  logic [PE-1:0][SIMD-1:0] lacking;
  if (VERSION == 0) begin : gen_shared
    for (genvar g = 0; g < GROUPS; g++) begin : gen_group
      localparam int unsigned FIRST = g * PE / GROUPS;
      localparam int unsigned HERE = (g + 1) * PE / GROUPS - FIRST;
      localparam int unsigned WIDE = (HERE - 1) * PRODUCT_BITS + WEIGHT_WIDTH + 1;
      for (genvar s = 0; s < SIMD; s++) begin : gen_simd
        // The sum of the weights, each shifted: digit by digit, so that synthesis finds no adder to put into the DSP
        // block (yosys leaves the reset of that adder's register open).
        logic signed [HERE-1:0][WEIGHT_WIDTH:0] digits;
        logic signed [WIDE-1:0] side_by_side;
        for (genvar r = 0; r < HERE; r++) begin : gen_digit
          localparam int unsigned BITS = (r == HERE - 1) ? WEIGHT_WIDTH + 1 : PRODUCT_BITS;
          logic borrow;
          if (r == 0) begin : gen_lowest
            assign borrow = 1'b0;
          end else begin : gen_upper
            assign borrow = digits[r-1][WEIGHT_WIDTH];
          end
          assign digits[r] = (WEIGHT_WIDTH + 1)'($signed(weights[FIRST+r][s])) - (WEIGHT_WIDTH + 1)'(borrow);
          assign side_by_side[r*PRODUCT_BITS+:BITS] = BITS'($signed(digits[r]));
        end
        logic signed [ACTIVATION_WIDTH:0] extended;
        assign extended = {SIGNED_ACTIVATIONS && activations[s][ACTIVATION_WIDTH-1], activations[s]};
        logic signed [WIDE-1:0] near_weights;
        logic signed [ACTIVATION_WIDTH:0] near_activation;
        logic signed [HERE*PRODUCT_BITS-1:0] product;
        always_ff @(posedge clk) begin
          if (en) begin
            near_weights    <= side_by_side;
            near_activation <= extended;
            product         <= (HERE * PRODUCT_BITS)'(near_weights * near_activation);
          end
        end
        for (genvar r = 0; r < HERE; r++) begin : gen_row
          assign products[FIRST+r][s] = product[r*PRODUCT_BITS+:PRODUCT_BITS];
          assign lacking[FIRST+r][s] = (r > 0) && product[(r > 0 ? r * PRODUCT_BITS : 1) - 1];
        end
      end
    end
  end

  for (genvar i = 0; i < PE; i++) begin : gen_pe
    localparam int unsigned GROUP = ((i + 1) * GROUPS - 1) / PE;
    localparam bit LACKS = i != GROUP * PE / GROUPS;
    for (genvar s = 0; s < ((VERSION == 0) ? 0 : SIMD); s++) begin : gen_simd
      assign lacking[i][s] = 1'b0;
      logic signed [WEIGHT_WIDTH-1:0] weight;
      logic [ACTIVATION_WIDTH-1:0] activation;
      assign weight = weights[i][s];
      assign activation = activations[s];
      if (VERSION == 2) begin : gen_multiplier
        logic signed [ACTIVATION_WIDTH:0] extended;
        assign extended = {SIGNED_ACTIVATIONS && activation[ACTIVATION_WIDTH-1], activation};
        // Registers of its own at every multiplier: these lie in few columns, far from the rest, and are slow.
        // Synthesis leaves registers of this name apart (toolkit/families/ecp5/plan.py).
        logic signed [WEIGHT_WIDTH-1:0] near_weight;
        logic signed [ACTIVATION_WIDTH:0] near_activation;
        always_ff @(posedge clk) begin
          if (en) begin
            near_weight     <= weight;
            near_activation <= extended;
            products[i][s]  <= PRODUCT_BITS'(near_weight * near_activation);
          end
        end
      end else begin : gen_adders
        // Two bits of the activation times the weight make a digit; the uppermost bit may count negative.
        logic [DIGITS-1:0][DIGIT_BITS-1:0] digits;
        for (genvar d = 0; d < DIGITS; d++) begin : gen_digit
          logic signed [WEIGHT_WIDTH:0] low;
          logic signed [WEIGHT_WIDTH:0] high;
          assign low = activation[2*d] ? (WEIGHT_WIDTH + 1)'(weight) : '0;
          if (2 * d + 1 < ACTIVATION_WIDTH) begin : gen_high
            assign high = activation[2*d+1] ? (WEIGHT_WIDTH + 1)'(weight) : '0;
          end else begin : gen_none
            assign high = '0;
          end
          always_ff @(posedge clk) begin
            if (en) begin
              if (SIGNED_ACTIVATIONS && 2 * d + 2 == ACTIVATION_WIDTH) begin
                digits[d] <= DIGIT_BITS'(low) - (DIGIT_BITS'(high) << 1);
              end else if (SIGNED_ACTIVATIONS && 2 * d + 1 == ACTIVATION_WIDTH) begin
                digits[d] <= -DIGIT_BITS'(low);
              end else begin
                digits[d] <= DIGIT_BITS'(low) + (DIGIT_BITS'(high) << 1);
              end
            end
          end
        end
        logic signed [PRODUCT_BITS-1:0] total;
        always_comb begin
          total = '0;
          for (int unsigned d = 0; d < DIGITS; d++) total += PRODUCT_BITS'($signed(digits[d])) << (2 * d);
        end
        always_ff @(posedge clk) begin
          if (en) products[i][s] <= total;
        end
      end
    end

    // One level of sums per cycle. Of what two sums lack, one is added with them and the other waits.
    /* verilator lint_off UNUSEDSIGNAL */  // weights may be known to reach fewer bits
    logic signed [SUM_BITS-1:0] sum;
    /* verilator lint_on UNUSEDSIGNAL */
    logic lack;
    logic [LEVELS:0][SIMD-1:0][SUM_BITS-1:0] tree;
    /* verilator lint_off UNUSEDSIGNAL */  // of rows that lack nothing
    logic [LEVELS:0][SIMD-1:0] waiting;
    /* verilator lint_on UNUSEDSIGNAL */
    for (genvar s = 0; s < SIMD; s++) begin : gen_leaf
      assign tree[0][s] = SUM_BITS'($signed(products[i][s]));
      assign waiting[0][s] = lacking[i][s];
    end
    for (genvar l = 1; l <= LEVELS; l++) begin : gen_level
      localparam int unsigned ABOVE = (SIMD + (1 << (l - 1)) - 1) >> (l - 1);  // sums of the level before
      for (genvar s = 0; s < (ABOVE + 1) / 2; s++) begin : gen_sum
        localparam bit PAIR = 2 * s + 1 < ABOVE;
        always_ff @(posedge clk) begin
          if (en) begin
            tree[l][s] <= tree[l-1][2*s] + (PAIR ? tree[l-1][2*s+1] : '0) + SUM_BITS'(LACKS && PAIR && waiting[l-1][2*s]);
            waiting[l][s] <= LACKS && waiting[l-1][PAIR ? 2*s+1 : 2*s];
          end
        end
      end
    end
    if (SIMD == 1) begin : gen_one
      always_ff @(posedge clk) begin
        if (en) {sum, lack} <= {tree[0][0], waiting[0][0]};
      end
    end else begin : gen_many
      assign {sum, lack} = {tree[LEVELS][0], waiting[LEVELS][0]};
    end

    // The last cycle: sums over time.
    logic signed [ACCU_WIDTH-1:0] accumulator;
    always_ff @(posedge clk) begin
      if (rst) accumulator <= '0;
      else if (en)
        accumulator <= (live[DEPTH-1] ? ACCU_WIDTH'(sum) : '0) + (is_last[DEPTH] ? '0 : accumulator)
          + ACCU_WIDTH'(LACKS && live[DEPTH-1] && lack);
    end
    assign p[i] = accumulator;
  end

endmodule
