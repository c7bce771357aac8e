// Compares a netlist with a mutant of it, beside each other in Yosys' miter. See proof.py.
//
// The comparison begins after a cycle of reset; others may come at any time.
module offramp_compared (
  input  logic clk,
  input  logic reset,
  output logic wrong
);

  logic started = 1'b0;
  logic differs;

  always_ff @(posedge clk) started <= 1'b1;
  assign wrong = started && differs;

  miter miter (
    .in_ap_clk(clk),
    .in_ap_rst_n(started && !reset),
    .trigger(differs)
  );

endmodule
