// Look-up table of the GW2A with 4 inputs, for simulation: faster in Verilator than Yosys' tree of multiplexers.
module LUT4 #(
  parameter logic [15:0] INIT = '0
) (
  input logic I0, I1, I2, I3,
  output logic F
);
  assign F = INIT[{I3, I2, I1, I0}];
endmodule
