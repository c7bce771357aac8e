// Block RAM of the GW2A with a writing and a reading port, without parity, for simulation; see gowin_block_ram.
`include "gowin_init.svh"

module SDPB #(
  parameter bit READ_MODE = 0, parameter int unsigned BIT_WIDTH_0 = 32, BIT_WIDTH_1 = 32,
  parameter logic [2:0] BLK_SEL_0 = '0, BLK_SEL_1 = '0, parameter string RESET_MODE = "SYNC",
  `GOWIN_INIT_PARAMETERS(256)
) (
  input logic CLKA, CEA, CLKB, CEB, RESETB,
  /* verilator lint_off UNUSEDSIGNAL */  // of the output register, and of a port that does not read
  input logic OCE, RESETA,
  /* verilator lint_on UNUSEDSIGNAL */
  input logic [2:0] BLKSELA, BLKSELB,
  input logic [13:0] ADA, ADB,
  input logic [31:0] DI,
  output logic [31:0] DO
);

  if (READ_MODE) begin : gen_refuse_register
    $error("SDPB: output registers are not modelled");
  end
  if (!(BIT_WIDTH_0 inside {1, 2, 4, 8, 16, 32}) || !(BIT_WIDTH_1 inside {1, 2, 4, 8, 16, 32})) begin : gen_refuse_width
    $error("SDPB: widths must be 1, 2, 4, 8, 16, 32");
  end

  localparam logic [64*256-1:0] INIT = `GOWIN_INIT;
  // A unit's parity is 0.
  function automatic logic [2048*9-1:0] units();
    for (int i = 0; i < 2048; i++) units[i*9+:9] = {1'b0, INIT[i*8+:8]};
  endfunction

  logic [3:0][8:0] d;
  /* verilator lint_off UNUSEDSIGNAL */  // a unit's parity, and units beyond the port
  logic [3:0][8:0] q;
  /* verilator lint_on UNUSEDSIGNAL */
  always_comb begin
    d = '0;
    for (int u = 0; u < 4; u++) begin
      d[u] = {1'b0, DI[u*8+:8]};
      DO[u*8+:8] = q[u][7:0];
    end
  end

  gowin_block_ram #(
    .WIDTH_A(BIT_WIDTH_0 < 8 ? BIT_WIDTH_0 : BIT_WIDTH_0 / 8 * 9),
    .WIDTH_B(BIT_WIDTH_1 < 8 ? BIT_WIDTH_1 : BIT_WIDTH_1 / 8 * 9), .RESET_MODE(RESET_MODE),
    .INIT(units())
  ) ram (
    /* verilator lint_off PINCONNECTEMPTY */  // of a port that does not read
    .clk_a(CLKA), .ce_a(CEA && BLKSELA == BLK_SEL_0), .write_a(1'b1), .rst_a(1'b0), .ad_a(ADA), .d_a(d), .q_a(),
    .clk_b(CLKB), .ce_b(CEB && BLKSELB == BLK_SEL_1), .write_b(1'b0), .rst_b(RESETB), .ad_b(ADB),
    .d_b('0), .q_b(q)
    /* verilator lint_on PINCONNECTEMPTY */
  );

endmodule
