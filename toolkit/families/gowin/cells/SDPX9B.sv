// Block RAM of the GW2A with a writing and a reading port, with parity, for simulation; see gowin_block_ram.
`include "gowin_init.svh"

module SDPX9B #(
  parameter bit READ_MODE = 0, parameter int unsigned BIT_WIDTH_0 = 36, BIT_WIDTH_1 = 36,
  parameter logic [2:0] BLK_SEL_0 = '0, BLK_SEL_1 = '0, parameter string RESET_MODE = "SYNC",
  `GOWIN_INIT_PARAMETERS(288)
) (
  input logic CLKA, CEA, CLKB, CEB, RESETB,
  /* verilator lint_off UNUSEDSIGNAL */  // of the output register, and of a port that does not read
  input logic OCE, RESETA,
  /* verilator lint_on UNUSEDSIGNAL */
  input logic [2:0] BLKSELA, BLKSELB,
  input logic [13:0] ADA, ADB,
  input logic [35:0] DI,
  output logic [35:0] DO
);

  if (READ_MODE) begin : gen_refuse_register
    $error("SDPX9B: output registers are not modelled");
  end
  if (!(BIT_WIDTH_0 inside {9, 18, 36}) || !(BIT_WIDTH_1 inside {9, 18, 36})) begin : gen_refuse_width
    $error("SDPX9B: widths must be 9, 18, 36");
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
    .WIDTH_A(BIT_WIDTH_0),
    .WIDTH_B(BIT_WIDTH_1), .RESET_MODE(RESET_MODE),
    .INIT(INIT)
  ) ram (
    /* verilator lint_off PINCONNECTEMPTY */  // of a port that does not read
    .clk_a(CLKA), .ce_a(CEA && BLKSELA == BLK_SEL_0), .write_a(1'b1), .rst_a(1'b0), .ad_a(ADA), .d_a(d), .q_a(),
    .clk_b(CLKB), .ce_b(CEB && BLKSELB == BLK_SEL_1), .write_b(1'b0), .rst_b(RESETB), .ad_b(ADB),
    .d_b('0), .q_b(q)
    /* verilator lint_on PINCONNECTEMPTY */
  );

endmodule
