// The buffer of a global clock, for simulation.
module BUFG (
  input  logic I,
  output logic O
);
  assign O = I;
endmodule
