// The PLL of the ECP5, for simulation: every clock it gives is the one it gets, and it locks after some cycles.
//
// So a board's whole design runs in one clock, cycle for cycle as behind the real PLL. Ports and parameters: Yosys,
// share/ecp5/cells_bb.v. Synthesis takes the cell itself.
/* verilator lint_off UNUSEDPARAM */
/* verilator lint_off UNUSEDSIGNAL */
module EHXPLLL #(
  parameter int CLKI_DIV = 1,
  parameter int CLKFB_DIV = 1,
  parameter int CLKOP_DIV = 8,
  parameter int CLKOS_DIV = 8,
  parameter int CLKOS2_DIV = 8,
  parameter int CLKOS3_DIV = 8,
  parameter CLKOP_ENABLE = "ENABLED",
  parameter CLKOS_ENABLE = "DISABLED",
  parameter CLKOS2_ENABLE = "DISABLED",
  parameter CLKOS3_ENABLE = "DISABLED",
  parameter int CLKOP_CPHASE = 0,
  parameter int CLKOS_CPHASE = 0,
  parameter int CLKOS2_CPHASE = 0,
  parameter int CLKOS3_CPHASE = 0,
  parameter int CLKOP_FPHASE = 0,
  parameter int CLKOS_FPHASE = 0,
  parameter int CLKOS2_FPHASE = 0,
  parameter int CLKOS3_FPHASE = 0,
  parameter FEEDBK_PATH = "CLKOP",
  parameter CLKOP_TRIM_POL = "RISING",
  parameter int CLKOP_TRIM_DELAY = 0,
  parameter CLKOS_TRIM_POL = "RISING",
  parameter int CLKOS_TRIM_DELAY = 0,
  parameter OUTDIVIDER_MUXA = "DIVA",
  parameter OUTDIVIDER_MUXB = "DIVB",
  parameter OUTDIVIDER_MUXC = "DIVC",
  parameter OUTDIVIDER_MUXD = "DIVD",
  parameter int PLL_LOCK_MODE = 0,
  parameter int PLL_LOCK_DELAY = 200,
  parameter STDBY_ENABLE = "DISABLED",
  parameter REFIN_RESET = "DISABLED",
  parameter SYNC_ENABLE = "DISABLED",
  parameter INT_LOCK_STICKY = "ENABLED",
  parameter DPHASE_SOURCE = "DISABLED",
  parameter PLLRST_ENA = "DISABLED",
  parameter INTFB_WAKE = "DISABLED"
) (
  input  logic CLKI,
  input  logic CLKFB,
  input  logic PHASESEL1,
  input  logic PHASESEL0,
  input  logic PHASEDIR,
  input  logic PHASESTEP,
  input  logic PHASELOADREG,
  input  logic STDBY,
  input  logic PLLWAKESYNC,
  input  logic RST,
  input  logic ENCLKOP,
  input  logic ENCLKOS,
  input  logic ENCLKOS2,
  input  logic ENCLKOS3,
  output logic CLKOP,
  output logic CLKOS,
  output logic CLKOS2,
  output logic CLKOS3,
  output logic LOCK,
  output logic INTLOCK,
  output logic REFCLK,
  output logic CLKINTFB
);

  localparam int unsigned LOCK_CYCLES = 8;

  /* verilator lint_off PROCASSINIT */  // as configuration leaves it
  logic [3:0] waited = '0;
  /* verilator lint_on PROCASSINIT */
  always_ff @(posedge CLKI) begin
    if (RST) waited <= '0;
    else if (!LOCK) waited <= waited + 1'b1;
  end

  assign CLKOP = CLKI;
  assign CLKOS = CLKI;
  assign CLKOS2 = CLKI;
  assign CLKOS3 = CLKI;
  assign REFCLK = CLKI;
  assign CLKINTFB = CLKI;
  assign LOCK = waited == 4'(LOCK_CYCLES);
  assign INTLOCK = LOCK;

endmodule
/* verilator lint_on UNUSEDPARAM */
/* verilator lint_on UNUSEDSIGNAL */
