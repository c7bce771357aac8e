// Block RAM of the GW2A with two ports, without parity, for simulation; see gowin_block_ram.
`include "gowin_init.svh"

module DPB #(
  parameter bit READ_MODE0 = 0, READ_MODE1 = 0,
  parameter int unsigned WRITE_MODE0 = 0, WRITE_MODE1 = 0, BIT_WIDTH_0 = 16, BIT_WIDTH_1 = 16,
  parameter logic [2:0] BLK_SEL_0 = '0, BLK_SEL_1 = '0, parameter string RESET_MODE = "SYNC",
  `GOWIN_INIT_PARAMETERS(256)
) (
  input logic CLKA, CEA, WREA, RESETA, CLKB, CEB, WREB, RESETB,
  /* verilator lint_off UNUSEDSIGNAL */  // of the output registers
  input logic OCEA, OCEB,
  /* verilator lint_on UNUSEDSIGNAL */
  input logic [2:0] BLKSELA, BLKSELB,
  input logic [13:0] ADA, ADB,
  input logic [15:0] DIA, DIB,
  output logic [15:0] DOA, DOB
);

  if (READ_MODE0 || READ_MODE1) begin : gen_refuse_register
    $error("DPB: output registers are not modelled");
  end
  if (!(BIT_WIDTH_0 inside {1, 2, 4, 8, 16}) || !(BIT_WIDTH_1 inside {1, 2, 4, 8, 16})) begin : gen_refuse_width
    $error("DPB: widths must be 1, 2, 4, 8, 16");
  end

  localparam logic [64*256-1:0] INIT = `GOWIN_INIT;
  // A unit's parity is 0.
  function automatic logic [2048*9-1:0] units();
    for (int i = 0; i < 2048; i++) units[i*9+:9] = {1'b0, INIT[i*8+:8]};
  endfunction

  logic [3:0][8:0] d_a, d_b;
  /* verilator lint_off UNUSEDSIGNAL */  // a unit's parity, and units beyond the port
  logic [3:0][8:0] q_a, q_b;
  /* verilator lint_on UNUSEDSIGNAL */
  always_comb begin
    d_a = '0;
    d_b = '0;
    for (int u = 0; u < 2; u++) begin
      d_a[u] = {1'b0, DIA[u*8+:8]};
      d_b[u] = {1'b0, DIB[u*8+:8]};
      DOA[u*8+:8] = q_a[u][7:0];
      DOB[u*8+:8] = q_b[u][7:0];
    end
  end

  gowin_block_ram #(
    .WIDTH_A(BIT_WIDTH_0 < 8 ? BIT_WIDTH_0 : BIT_WIDTH_0 / 8 * 9), .MODE_A(WRITE_MODE0),
    .WIDTH_B(BIT_WIDTH_1 < 8 ? BIT_WIDTH_1 : BIT_WIDTH_1 / 8 * 9), .MODE_B(WRITE_MODE1), .RESET_MODE(RESET_MODE),
    .INIT(units())
  ) ram (
    .clk_a(CLKA), .ce_a(CEA && BLKSELA == BLK_SEL_0), .write_a(WREA), .rst_a(RESETA), .ad_a(ADA), .d_a(d_a), .q_a(q_a),
    .clk_b(CLKB), .ce_b(CEB && BLKSELB == BLK_SEL_1), .write_b(WREB), .rst_b(RESETB), .ad_b(ADB), .d_b(d_b), .q_b(q_b)
  );

endmodule
