// The PLL of the GW2A, for simulation: every clock it gives is the one it gets, and it locks after some cycles.
//
// So a board's whole design runs in one clock, cycle for cycle as behind the real PLL. Ports and parameters: Yosys,
// share/gowin/cells_sim.v. Synthesis takes the cell itself.
/* verilator lint_off UNUSEDPARAM */
/* verilator lint_off UNUSEDSIGNAL */
module rPLL #(
  parameter FCLKIN = "100.0", DYN_IDIV_SEL = "false", DYN_FBDIV_SEL = "false", DYN_ODIV_SEL = "false",
  parameter int IDIV_SEL = 0, FBDIV_SEL = 0, ODIV_SEL = 8, CLKOUT_DLY_STEP = 0, CLKOUTP_DLY_STEP = 0,
  parameter int DYN_SDIV_SEL = 2,
  parameter PSDA_SEL = "0000", DUTYDA_SEL = "1000", DYN_DA_EN = "false", CLKFB_SEL = "internal",
  parameter CLKOUT_BYPASS = "false", CLKOUTP_BYPASS = "false", CLKOUTD_BYPASS = "false",
  parameter CLKOUTD_SRC = "CLKOUT", CLKOUTD3_SRC = "CLKOUT", DEVICE = "GW2A-18"
) (
  input logic CLKIN, CLKFB, RESET, RESET_P,
  input logic [5:0] FBDSEL, IDSEL, ODSEL,
  input logic [3:0] DUTYDA, PSDA, FDLY,
  output logic CLKOUT, CLKOUTP, CLKOUTD, CLKOUTD3, LOCK
);

  localparam int unsigned LOCK_CYCLES = 8;

  /* verilator lint_off PROCASSINIT */  // as configuration leaves it
  logic [3:0] waited = '0;
  /* verilator lint_on PROCASSINIT */
  always_ff @(posedge CLKIN) begin
    if (RESET) waited <= '0;
    else if (!LOCK) waited <= waited + 1'b1;
  end

  assign CLKOUT = CLKIN;
  assign CLKOUTP = CLKIN;
  assign CLKOUTD = CLKIN;
  assign CLKOUTD3 = CLKIN;
  assign LOCK = waited == 4'(LOCK_CYCLES);

endmodule
/* verilator lint_on UNUSEDPARAM */
/* verilator lint_on UNUSEDSIGNAL */
