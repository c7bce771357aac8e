// Block RAM of the GW2A with two ports, with parity, for simulation; see gowin_block_ram.
`include "gowin_init.svh"

module DPX9B #(
  parameter bit READ_MODE0 = 0, READ_MODE1 = 0,
  parameter int unsigned WRITE_MODE0 = 0, WRITE_MODE1 = 0, BIT_WIDTH_0 = 18, BIT_WIDTH_1 = 18,
  parameter logic [2:0] BLK_SEL_0 = '0, BLK_SEL_1 = '0, parameter string RESET_MODE = "SYNC",
  `GOWIN_INIT_PARAMETERS(288)
) (
  input logic CLKA, CEA, WREA, RESETA, CLKB, CEB, WREB, RESETB,
  /* verilator lint_off UNUSEDSIGNAL */  // of the output registers
  input logic OCEA, OCEB,
  /* verilator lint_on UNUSEDSIGNAL */
  input logic [2:0] BLKSELA, BLKSELB,
  input logic [13:0] ADA, ADB,
  input logic [17:0] DIA, DIB,
  output logic [17:0] DOA, DOB
);

  if (READ_MODE0 || READ_MODE1) begin : gen_refuse_register
    $error("DPX9B: output registers are not modelled");
  end
  if (!(BIT_WIDTH_0 inside {9, 18}) || !(BIT_WIDTH_1 inside {9, 18})) begin : gen_refuse_width
    $error("DPX9B: widths must be 9, 18");
  end

  localparam logic [64*288-1:0] INIT = `GOWIN_INIT;

  logic [3:0][8:0] d_a, d_b;
  /* verilator lint_off UNUSEDSIGNAL */  // a unit's parity, and units beyond the port
  logic [3:0][8:0] q_a, q_b;
  /* verilator lint_on UNUSEDSIGNAL */
  always_comb begin
    d_a = '0;
    d_b = '0;
    for (int u = 0; u < 2; u++) begin
      d_a[u] = DIA[u*9+:9];
      d_b[u] = DIB[u*9+:9];
      DOA[u*9+:9] = q_a[u];
      DOB[u*9+:9] = q_b[u];
    end
  end

  gowin_block_ram #(
    .WIDTH_A(BIT_WIDTH_0), .MODE_A(WRITE_MODE0),
    .WIDTH_B(BIT_WIDTH_1), .MODE_B(WRITE_MODE1), .RESET_MODE(RESET_MODE),
    .INIT(INIT)
  ) ram (
    .clk_a(CLKA), .ce_a(CEA && BLKSELA == BLK_SEL_0), .write_a(WREA), .rst_a(RESETA), .ad_a(ADA), .d_a(d_a), .q_a(q_a),
    .clk_b(CLKB), .ce_b(CEB && BLKSELB == BLK_SEL_1), .write_b(WREB), .rst_b(RESETB), .ad_b(ADB), .d_b(d_b), .q_b(q_b)
  );

endmodule
