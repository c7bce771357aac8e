// Adds two streams of signed integers lane by lane: the end of a residual block.
//
// A sum is one bit wider, so it always fits. A pair of beats is taken when both have come and there is room for
// their sum; one pair per cycle passes when both are there.
module offramp_add #(
  parameter int unsigned LANES = 1,
  parameter int unsigned BITS = 4
) (
  input  logic                      clk,
  input  logic                      rst_n,
  input  logic [    LANES*BITS-1:0] s0_data,
  input  logic                      s0_valid,
  output logic                      s0_ready,
  input  logic [    LANES*BITS-1:0] s1_data,
  input  logic                      s1_valid,
  output logic                      s1_ready,
  output logic [LANES*(BITS+1)-1:0] m_data,
  output logic                      m_valid,
  input  logic                      m_ready
);

  if (LANES < 1 || BITS < 1) begin : gen_bad_sizes
    $error("offramp_add: LANES and BITS must be at least 1");
  end

  localparam int unsigned SUM_BITS = BITS + 1;

  logic room;
  logic both;
  assign room = !m_valid || m_ready;
  assign both = s0_valid && s1_valid;
  assign s0_ready = room && s1_valid;
  assign s1_ready = room && s0_valid;

  for (genvar i = 0; i < LANES; i++) begin : gen_lane
    logic signed [SUM_BITS-1:0] a;
    logic signed [SUM_BITS-1:0] b;
    assign a = SUM_BITS'($signed(s0_data[i*BITS+:BITS]));
    assign b = SUM_BITS'($signed(s1_data[i*BITS+:BITS]));

    always_ff @(posedge clk) begin
      if (room && both) m_data[i*SUM_BITS+:SUM_BITS] <= a + b;
    end
  end

  always_ff @(posedge clk) begin
    if (!rst_n) m_valid <= 1'b0;
    else if (room) m_valid <= both;
  end

endmodule
