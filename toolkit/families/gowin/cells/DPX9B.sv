// Block RAM of the GW2A with two ports, with parity, for simulation; see gowin_block_ram.
module DPX9B #(
  parameter bit READ_MODE0 = 0, READ_MODE1 = 0,
  parameter int unsigned WRITE_MODE0 = 0, WRITE_MODE1 = 0, BIT_WIDTH_0 = 18, BIT_WIDTH_1 = 18,
  parameter logic [2:0] BLK_SEL_0 = '0, BLK_SEL_1 = '0, parameter string RESET_MODE = "SYNC",
  parameter logic [287:0] INIT_RAM_00 = '0, INIT_RAM_01 = '0, INIT_RAM_02 = '0, INIT_RAM_03 = '0, INIT_RAM_04 = '0,
  parameter logic [287:0] INIT_RAM_05 = '0, INIT_RAM_06 = '0, INIT_RAM_07 = '0, INIT_RAM_08 = '0, INIT_RAM_09 = '0,
  parameter logic [287:0] INIT_RAM_0A = '0, INIT_RAM_0B = '0, INIT_RAM_0C = '0, INIT_RAM_0D = '0, INIT_RAM_0E = '0,
  parameter logic [287:0] INIT_RAM_0F = '0, INIT_RAM_10 = '0, INIT_RAM_11 = '0, INIT_RAM_12 = '0, INIT_RAM_13 = '0,
  parameter logic [287:0] INIT_RAM_14 = '0, INIT_RAM_15 = '0, INIT_RAM_16 = '0, INIT_RAM_17 = '0, INIT_RAM_18 = '0,
  parameter logic [287:0] INIT_RAM_19 = '0, INIT_RAM_1A = '0, INIT_RAM_1B = '0, INIT_RAM_1C = '0, INIT_RAM_1D = '0,
  parameter logic [287:0] INIT_RAM_1E = '0, INIT_RAM_1F = '0, INIT_RAM_20 = '0, INIT_RAM_21 = '0, INIT_RAM_22 = '0,
  parameter logic [287:0] INIT_RAM_23 = '0, INIT_RAM_24 = '0, INIT_RAM_25 = '0, INIT_RAM_26 = '0, INIT_RAM_27 = '0,
  parameter logic [287:0] INIT_RAM_28 = '0, INIT_RAM_29 = '0, INIT_RAM_2A = '0, INIT_RAM_2B = '0, INIT_RAM_2C = '0,
  parameter logic [287:0] INIT_RAM_2D = '0, INIT_RAM_2E = '0, INIT_RAM_2F = '0, INIT_RAM_30 = '0, INIT_RAM_31 = '0,
  parameter logic [287:0] INIT_RAM_32 = '0, INIT_RAM_33 = '0, INIT_RAM_34 = '0, INIT_RAM_35 = '0, INIT_RAM_36 = '0,
  parameter logic [287:0] INIT_RAM_37 = '0, INIT_RAM_38 = '0, INIT_RAM_39 = '0, INIT_RAM_3A = '0, INIT_RAM_3B = '0,
  parameter logic [287:0] INIT_RAM_3C = '0, INIT_RAM_3D = '0, INIT_RAM_3E = '0, INIT_RAM_3F = '0
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

  localparam logic [64*288-1:0] INIT = {
    INIT_RAM_3F, INIT_RAM_3E, INIT_RAM_3D, INIT_RAM_3C, INIT_RAM_3B, INIT_RAM_3A, INIT_RAM_39, INIT_RAM_38,
    INIT_RAM_37, INIT_RAM_36, INIT_RAM_35, INIT_RAM_34, INIT_RAM_33, INIT_RAM_32, INIT_RAM_31, INIT_RAM_30,
    INIT_RAM_2F, INIT_RAM_2E, INIT_RAM_2D, INIT_RAM_2C, INIT_RAM_2B, INIT_RAM_2A, INIT_RAM_29, INIT_RAM_28,
    INIT_RAM_27, INIT_RAM_26, INIT_RAM_25, INIT_RAM_24, INIT_RAM_23, INIT_RAM_22, INIT_RAM_21, INIT_RAM_20,
    INIT_RAM_1F, INIT_RAM_1E, INIT_RAM_1D, INIT_RAM_1C, INIT_RAM_1B, INIT_RAM_1A, INIT_RAM_19, INIT_RAM_18,
    INIT_RAM_17, INIT_RAM_16, INIT_RAM_15, INIT_RAM_14, INIT_RAM_13, INIT_RAM_12, INIT_RAM_11, INIT_RAM_10,
    INIT_RAM_0F, INIT_RAM_0E, INIT_RAM_0D, INIT_RAM_0C, INIT_RAM_0B, INIT_RAM_0A, INIT_RAM_09, INIT_RAM_08,
    INIT_RAM_07, INIT_RAM_06, INIT_RAM_05, INIT_RAM_04, INIT_RAM_03, INIT_RAM_02, INIT_RAM_01, INIT_RAM_00
  };

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
