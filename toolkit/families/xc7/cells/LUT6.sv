// Look-up table of the 7 series with 6 inputs, for simulation: faster in Verilator than Yosys' tree of multiplexers.
module LUT6 #(
  parameter logic [63:0] INIT = '0
) (
  input logic I0, I1, I2, I3, I4, I5,
  output logic O
);
  assign O = INIT[{I5, I4, I3, I2, I1, I0}];
endmodule
