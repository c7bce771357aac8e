// The PLL of the 7 series, for simulation: every clock it gives is the one it gets, and it locks after some cycles.
//
// So a board's whole design runs in one clock, cycle for cycle as behind the real PLL. Ports and parameters: Yosys,
// share/xilinx/cells_xtra.v. Synthesis takes the cell itself.
/* verilator lint_off UNUSEDPARAM */
/* verilator lint_off UNUSEDSIGNAL */
module PLLE2_ADV #(
  parameter int CLKFBOUT_MULT = 5, DIVCLK_DIVIDE = 1, CLKOUT0_DIVIDE = 1,
  parameter real CLKIN1_PERIOD = 0.0
) (
  input  logic CLKIN1, CLKIN2, CLKINSEL, CLKFBIN, PWRDWN, RST, DCLK, DEN, DWE,
  input  logic [15:0] DI,
  input  logic [6:0] DADDR,
  output logic CLKFBOUT, CLKOUT0, CLKOUT1, CLKOUT2, CLKOUT3, CLKOUT4, CLKOUT5, LOCKED, DRDY,
  output logic [15:0] DO
);

  localparam int unsigned LOCK_CYCLES = 8;

  /* verilator lint_off PROCASSINIT */  // as configuration leaves it
  logic [3:0] waited = '0;
  /* verilator lint_on PROCASSINIT */
  always_ff @(posedge CLKIN1) begin
    if (RST) waited <= '0;
    else if (!LOCKED) waited <= waited + 1'b1;
  end

  assign CLKFBOUT = CLKIN1;
  assign CLKOUT0 = CLKIN1;
  assign CLKOUT1 = CLKIN1;
  assign CLKOUT2 = CLKIN1;
  assign CLKOUT3 = CLKIN1;
  assign CLKOUT4 = CLKIN1;
  assign CLKOUT5 = CLKIN1;
  assign LOCKED = waited == 4'(LOCK_CYCLES);
  assign DRDY = 1'b0;
  assign DO = '0;

endmodule
/* verilator lint_on UNUSEDPARAM */
/* verilator lint_on UNUSEDSIGNAL */
