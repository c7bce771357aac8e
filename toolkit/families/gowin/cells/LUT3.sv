// Look-up table of the GW2A with 3 inputs, for simulation: faster in Verilator than Yosys' tree of multiplexers.
module LUT3 #(
  parameter logic [7:0] INIT = '0
) (
  input logic I0, I1, I2,
  output logic F
);
  assign F = INIT[{I2, I1, I0}];
endmodule
