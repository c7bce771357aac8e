// Multiplier of the GW2A as Yosys' synth_gowin emits it (share/gowin/dsp_map.v), for simulation: DOUT = A * B, without
// registers. It has no parameters: a netlist that sets one is refused.
module MULT9X9 (
  input logic [8:0] A, B, SIA, SIB,
  input logic ASIGN, BSIGN, ASEL, BSEL,
  /* verilator lint_off UNUSEDSIGNAL */  // of registers
  input logic CE, CLK, RESET,
  /* verilator lint_on UNUSEDSIGNAL */
  output logic [17:0] DOUT,
  output logic [8:0] SOA, SOB
);

  logic signed [9:0] a, b;
  assign a = {ASIGN && A[8], A};
  assign b = {BSIGN && B[8], B};
  assign DOUT = 18'(a * b);
  assign SOA = '0;
  assign SOB = '0;

  always_comb begin
    assert ({ASEL, BSEL, SIA, SIB} == '0) else $error("MULT9X9: ASEL, BSEL, SIA and SIB must be 0");
  end

endmodule
