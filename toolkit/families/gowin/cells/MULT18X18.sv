// Multiplier of the GW2A as Yosys' synth_gowin emits it (share/gowin/dsp_map.v), for simulation: DOUT = A * B, without
// registers. It has no parameters: a netlist that sets one is refused.
module MULT18X18 (
  input logic [17:0] A, B, SIA, SIB,
  input logic ASIGN, BSIGN, ASEL, BSEL,
  /* verilator lint_off UNUSEDSIGNAL */  // of registers
  input logic CE, CLK, RESET,
  /* verilator lint_on UNUSEDSIGNAL */
  output logic [35:0] DOUT,
  output logic [17:0] SOA, SOB
);

  logic signed [18:0] a, b;
  assign a = {ASIGN && A[17], A};
  assign b = {BSIGN && B[17], B};
  assign DOUT = 36'(a * b);
  assign SOA = '0;
  assign SOB = '0;

  always_comb begin
    assert ({ASEL, BSEL, SIA, SIB} == '0) else $error("MULT18X18: ASEL, BSEL, SIA and SIB must be 0");
  end

endmodule
