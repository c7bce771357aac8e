// Adds one constant integer per channel to a stream of accumulators.
//
// A pixel is CHANNELS/PE beats; lane p of its beat f is channel f*PE+p. BIAS holds the constants packed, that of
// channel c in two's complement at bits [c*BIAS_BITS +: BIAS_BITS]. Sums leave in two's complement and must fit
// OUT_BITS: simulation checks it. It takes one beat per cycle.
module offramp_bias_add #(
  parameter int unsigned PE = 1,
  parameter int unsigned IN_BITS = 8,
  parameter bit IN_SIGNED = 1'b1,
  parameter int unsigned OUT_BITS = 9,
  parameter int unsigned CHANNELS = 1,
  parameter int unsigned BIAS_BITS = 8,
  parameter logic [CHANNELS*BIAS_BITS-1:0] BIAS = '0
) (
  input  logic                   clk,
  input  logic                   rst_n,
  input  logic [ PE*IN_BITS-1:0] s_data,
  input  logic                   s_valid,
  output logic                   s_ready,
  output logic [PE*OUT_BITS-1:0] m_data,
  output logic                   m_valid,
  input  logic                   m_ready
);

  if (PE < 1 || IN_BITS < 1 || OUT_BITS < 1 || BIAS_BITS < 1) begin : gen_bad_sizes
    $error("offramp_bias_add: PE and all widths must be at least 1");
  end
  if (CHANNELS < PE || CHANNELS % PE != 0) begin : gen_bad_fold
    $error("offramp_bias_add: PE must divide CHANNELS");
  end

  localparam int unsigned FOLD = CHANNELS / PE;
  localparam int unsigned BEAT_BITS = PE * BIAS_BITS;
  // Wide enough for every operand and their sum.
  localparam int unsigned WIDEST = (IN_BITS > BIAS_BITS) ? IN_BITS : BIAS_BITS;
  localparam int unsigned SUM_BITS = ((WIDEST > OUT_BITS) ? WIDEST : OUT_BITS) + 2;

  logic push;
  assign s_ready = !m_valid || m_ready;
  assign push = s_valid && s_ready;

  logic [BEAT_BITS-1:0] bias;
  if (FOLD == 1) begin : gen_parallel
    assign bias = BIAS;
  end else begin : gen_folded
    localparam int unsigned FOLD_BITS = $clog2(FOLD);
    logic [FOLD_BITS-1:0] fold;

    always_ff @(posedge clk) begin
      if (!rst_n) fold <= '0;
      else if (push) fold <= (fold == FOLD_BITS'(FOLD - 1)) ? '0 : fold + 1'b1;
    end

    always_comb begin
      bias = BIAS[0+:BEAT_BITS];
      for (int unsigned f = 1; f < FOLD; f++) begin
        if (fold == FOLD_BITS'(f)) bias = BIAS[f*BEAT_BITS+:BEAT_BITS];
      end
    end
  end

  for (genvar i = 0; i < PE; i++) begin : gen_lane
    logic signed [SUM_BITS-1:0] value;
    logic signed [SUM_BITS-1:0] offset;
    logic signed [SUM_BITS-1:0] sum;
    if (IN_SIGNED) begin : gen_signed
      assign value = SUM_BITS'($signed(s_data[i*IN_BITS+:IN_BITS]));
    end else begin : gen_unsigned
      assign value = $signed(SUM_BITS'(s_data[i*IN_BITS+:IN_BITS]));
    end
    assign offset = SUM_BITS'($signed(bias[i*BIAS_BITS+:BIAS_BITS]));
    assign sum = value + offset;

    always_ff @(posedge clk) begin
      if (push) begin
        m_data[i*OUT_BITS+:OUT_BITS] <= sum[OUT_BITS-1:0];
        // All bits above the sign must repeat it.
        assert (!rst_n || sum[SUM_BITS-1:OUT_BITS-1] == {(SUM_BITS - OUT_BITS + 1) {sum[SUM_BITS-1]}})
        else $error("%m: the sum %0d does not fit %0d bits", sum, OUT_BITS);
      end
    end
  end

  always_ff @(posedge clk) begin
    if (!rst_n) m_valid <= 1'b0;
    else if (s_ready) m_valid <= s_valid;
  end

endmodule
