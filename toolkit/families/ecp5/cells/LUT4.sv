// Lookup table of the ECP5, for simulation. Yosys' equivalent model uses vectors, for which Verilator generates code
// that runs less than half as fast.
module LUT4 #(
  parameter logic [15:0] INIT = '0
) (
  input logic A, B, C, D,
  output logic Z
);

  logic [3:0] z;  // by D and C
  for (genvar i = 0; i < 4; i++) begin : gen_quarter
    assign z[i] = B ? (A ? INIT[4*i+3] : INIT[4*i+2]) : (A ? INIT[4*i+1] : INIT[4*i]);
  end
  assign Z = D ? (C ? z[3] : z[2]) : (C ? z[1] : z[0]);

endmodule
