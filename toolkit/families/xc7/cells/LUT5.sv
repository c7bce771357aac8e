// Look-up table of the 7 series with 5 inputs, for simulation: faster in Verilator than Yosys' tree of multiplexers.
module LUT5 #(
  parameter logic [31:0] INIT = '0
) (
  input logic I0, I1, I2, I3, I4,
  output logic O
);
  assign O = INIT[{I4, I3, I2, I1, I0}];
endmodule
