// Block RAM of the GW2A with one port, with parity, for simulation; see gowin_block_ram.
`include "gowin_init.svh"

module SPX9 #(
  parameter bit READ_MODE = 0, parameter int unsigned WRITE_MODE = 0, BIT_WIDTH = 36,
  parameter logic [2:0] BLK_SEL = '0, parameter string RESET_MODE = "SYNC",
  `GOWIN_INIT_PARAMETERS(288)
) (
  input logic CLK, CE, WRE, RESET,
  /* verilator lint_off UNUSEDSIGNAL */  // of the output register
  input logic OCE,
  /* verilator lint_on UNUSEDSIGNAL */
  input logic [2:0] BLKSEL,
  input logic [13:0] AD,
  input logic [35:0] DI,
  output logic [35:0] DO
);

  if (READ_MODE) begin : gen_refuse_register
    $error("SPX9: output registers are not modelled");
  end
  if (!(BIT_WIDTH inside {9, 18, 36})) begin : gen_refuse_width
    $error("SPX9: widths must be 9, 18, 36");
  end

  localparam logic [64*288-1:0] INIT = `GOWIN_INIT;

  logic [3:0][8:0] d;
  /* verilator lint_off UNUSEDSIGNAL */  // a unit's parity, and units beyond the port
  logic [3:0][8:0] q;
  /* verilator lint_on UNUSEDSIGNAL */
  always_comb begin
    d = '0;
    for (int u = 0; u < 4; u++) begin
      d[u] = DI[u*9+:9];
      DO[u*9+:9] = q[u];
    end
  end

  gowin_block_ram #(
    .WIDTH_A(BIT_WIDTH), .MODE_A(WRITE_MODE), .RESET_MODE(RESET_MODE),
    .INIT(INIT)
  ) ram (
    /* verilator lint_off PINCONNECTEMPTY */  // of a port that does not read
    .clk_a(CLK), .ce_a(CE && BLKSEL == BLK_SEL), .write_a(WRE), .rst_a(RESET), .ad_a(AD), .d_a(d), .q_a(q),
    .clk_b(1'b0), .ce_b(1'b0), .write_b(1'b0), .rst_b(1'b0), .ad_b('0), .d_b('0), .q_b()
    /* verilator lint_on PINCONNECTEMPTY */
  );

endmodule
