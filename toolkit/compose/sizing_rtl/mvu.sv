// Stands for the arithmetic of a matrix-vector product while depths are tried, whose time does not depend on values:
// results come in the cycles of FINN+'s module of this name, and of ours, and are 0. So weights, multipliers and all
// that computes with their results vanish from the simulation, which then takes its time for the streams alone.
module mvu #(
  /* verilator lint_off UNUSEDPARAM */  // of the arithmetic
  parameter int unsigned VERSION = 2,
  parameter int unsigned PE = 1,
  parameter int unsigned SIMD = 1,
  parameter int unsigned WEIGHT_WIDTH = 4,
  parameter int unsigned ACTIVATION_WIDTH = 4,
  parameter int unsigned ACCU_WIDTH = 8,
  parameter bit SIGNED_ACTIVATIONS = 0,
  parameter bit NARROW_WEIGHTS = 0,
  parameter bit FORCE_BEHAVIORAL = 0
  /* verilator lint_on UNUSEDPARAM */
) (
  input  logic clk,
  input  logic rst,
  input  logic en,
  input  logic last,
  /* verilator lint_off UNUSEDSIGNAL */  // operands
  input  logic zero,
  input  logic [PE-1:0][SIMD-1:0][WEIGHT_WIDTH-1:0] w,
  input  logic [SIMD-1:0][ACTIVATION_WIDTH-1:0] a,
  /* verilator lint_on UNUSEDSIGNAL */
  output logic vld,
  output logic [PE-1:0][ACCU_WIDTH-1:0] p
);

  localparam int unsigned DEPTH = 4 + $clog2(SIMD) + (SIMD == 1 ? 1 : 0);

  logic [DEPTH:1] is_last;
  always_ff @(posedge clk) begin
    if (rst) is_last <= '0;
    else if (en) is_last <= {is_last[DEPTH-1:1], last};
  end
  assign vld = is_last[DEPTH];
  assign p = '0;

endmodule
