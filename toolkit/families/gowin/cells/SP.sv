// Block RAM of the GW2A with one port, without parity, for simulation; see gowin_block_ram.
module SP #(
  parameter bit READ_MODE = 0, parameter int unsigned WRITE_MODE = 0, BIT_WIDTH = 32,
  parameter logic [2:0] BLK_SEL = '0, parameter string RESET_MODE = "SYNC",
  parameter logic [255:0] INIT_RAM_00 = '0, INIT_RAM_01 = '0, INIT_RAM_02 = '0, INIT_RAM_03 = '0, INIT_RAM_04 = '0,
  parameter logic [255:0] INIT_RAM_05 = '0, INIT_RAM_06 = '0, INIT_RAM_07 = '0, INIT_RAM_08 = '0, INIT_RAM_09 = '0,
  parameter logic [255:0] INIT_RAM_0A = '0, INIT_RAM_0B = '0, INIT_RAM_0C = '0, INIT_RAM_0D = '0, INIT_RAM_0E = '0,
  parameter logic [255:0] INIT_RAM_0F = '0, INIT_RAM_10 = '0, INIT_RAM_11 = '0, INIT_RAM_12 = '0, INIT_RAM_13 = '0,
  parameter logic [255:0] INIT_RAM_14 = '0, INIT_RAM_15 = '0, INIT_RAM_16 = '0, INIT_RAM_17 = '0, INIT_RAM_18 = '0,
  parameter logic [255:0] INIT_RAM_19 = '0, INIT_RAM_1A = '0, INIT_RAM_1B = '0, INIT_RAM_1C = '0, INIT_RAM_1D = '0,
  parameter logic [255:0] INIT_RAM_1E = '0, INIT_RAM_1F = '0, INIT_RAM_20 = '0, INIT_RAM_21 = '0, INIT_RAM_22 = '0,
  parameter logic [255:0] INIT_RAM_23 = '0, INIT_RAM_24 = '0, INIT_RAM_25 = '0, INIT_RAM_26 = '0, INIT_RAM_27 = '0,
  parameter logic [255:0] INIT_RAM_28 = '0, INIT_RAM_29 = '0, INIT_RAM_2A = '0, INIT_RAM_2B = '0, INIT_RAM_2C = '0,
  parameter logic [255:0] INIT_RAM_2D = '0, INIT_RAM_2E = '0, INIT_RAM_2F = '0, INIT_RAM_30 = '0, INIT_RAM_31 = '0,
  parameter logic [255:0] INIT_RAM_32 = '0, INIT_RAM_33 = '0, INIT_RAM_34 = '0, INIT_RAM_35 = '0, INIT_RAM_36 = '0,
  parameter logic [255:0] INIT_RAM_37 = '0, INIT_RAM_38 = '0, INIT_RAM_39 = '0, INIT_RAM_3A = '0, INIT_RAM_3B = '0,
  parameter logic [255:0] INIT_RAM_3C = '0, INIT_RAM_3D = '0, INIT_RAM_3E = '0, INIT_RAM_3F = '0
) (
  input logic CLK, CE, WRE, RESET,
  /* verilator lint_off UNUSEDSIGNAL */  // of the output register
  input logic OCE,
  /* verilator lint_on UNUSEDSIGNAL */
  input logic [2:0] BLKSEL,
  input logic [13:0] AD,
  input logic [31:0] DI,
  output logic [31:0] DO
);

  if (READ_MODE) begin : gen_refuse_register
    $error("SP: output registers are not modelled");
  end
  if (!(BIT_WIDTH inside {1, 2, 4, 8, 16, 32})) begin : gen_refuse_width
    $error("SP: widths must be 1, 2, 4, 8, 16, 32");
  end

  localparam logic [64*256-1:0] INIT = {
    INIT_RAM_3F, INIT_RAM_3E, INIT_RAM_3D, INIT_RAM_3C, INIT_RAM_3B, INIT_RAM_3A, INIT_RAM_39, INIT_RAM_38,
    INIT_RAM_37, INIT_RAM_36, INIT_RAM_35, INIT_RAM_34, INIT_RAM_33, INIT_RAM_32, INIT_RAM_31, INIT_RAM_30,
    INIT_RAM_2F, INIT_RAM_2E, INIT_RAM_2D, INIT_RAM_2C, INIT_RAM_2B, INIT_RAM_2A, INIT_RAM_29, INIT_RAM_28,
    INIT_RAM_27, INIT_RAM_26, INIT_RAM_25, INIT_RAM_24, INIT_RAM_23, INIT_RAM_22, INIT_RAM_21, INIT_RAM_20,
    INIT_RAM_1F, INIT_RAM_1E, INIT_RAM_1D, INIT_RAM_1C, INIT_RAM_1B, INIT_RAM_1A, INIT_RAM_19, INIT_RAM_18,
    INIT_RAM_17, INIT_RAM_16, INIT_RAM_15, INIT_RAM_14, INIT_RAM_13, INIT_RAM_12, INIT_RAM_11, INIT_RAM_10,
    INIT_RAM_0F, INIT_RAM_0E, INIT_RAM_0D, INIT_RAM_0C, INIT_RAM_0B, INIT_RAM_0A, INIT_RAM_09, INIT_RAM_08,
    INIT_RAM_07, INIT_RAM_06, INIT_RAM_05, INIT_RAM_04, INIT_RAM_03, INIT_RAM_02, INIT_RAM_01, INIT_RAM_00
  };
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
    .WIDTH_A(BIT_WIDTH < 8 ? BIT_WIDTH : BIT_WIDTH / 8 * 9), .MODE_A(WRITE_MODE), .RESET_MODE(RESET_MODE),
    .INIT(units())
  ) ram (
    /* verilator lint_off PINCONNECTEMPTY */  // of a port that does not read
    .clk_a(CLK), .ce_a(CE && BLKSEL == BLK_SEL), .write_a(WRE), .rst_a(RESET), .ad_a(AD), .d_a(d), .q_a(q),
    .clk_b(1'b0), .ce_b(1'b0), .write_b(1'b0), .rst_b(1'b0), .ad_b('0), .d_b('0), .q_b()
    /* verilator lint_on PINCONNECTEMPTY */
  );

endmodule
