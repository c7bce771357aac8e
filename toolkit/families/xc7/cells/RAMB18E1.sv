// Half of a block RAM of the 7 series (18 Kbit, two ports), for simulation: see xc7_block_ram.
/* verilator lint_off UNUSEDPARAM */
/* verilator lint_off UNUSEDSIGNAL */
module RAMB18E1 #(
  parameter logic [255:0] INITP_00 = '0, INITP_01 = '0, INITP_02 = '0, INITP_03 = '0, INITP_04 = '0, INITP_05 = '0,
  parameter logic [255:0] INITP_06 = '0, INITP_07 = '0,
  parameter logic [255:0] INIT_00 = '0, INIT_01 = '0, INIT_02 = '0, INIT_03 = '0, INIT_04 = '0, INIT_05 = '0,
  parameter logic [255:0] INIT_06 = '0, INIT_07 = '0, INIT_08 = '0, INIT_09 = '0, INIT_0A = '0, INIT_0B = '0,
  parameter logic [255:0] INIT_0C = '0, INIT_0D = '0, INIT_0E = '0, INIT_0F = '0, INIT_10 = '0, INIT_11 = '0,
  parameter logic [255:0] INIT_12 = '0, INIT_13 = '0, INIT_14 = '0, INIT_15 = '0, INIT_16 = '0, INIT_17 = '0,
  parameter logic [255:0] INIT_18 = '0, INIT_19 = '0, INIT_1A = '0, INIT_1B = '0, INIT_1C = '0, INIT_1D = '0,
  parameter logic [255:0] INIT_1E = '0, INIT_1F = '0, INIT_20 = '0, INIT_21 = '0, INIT_22 = '0, INIT_23 = '0,
  parameter logic [255:0] INIT_24 = '0, INIT_25 = '0, INIT_26 = '0, INIT_27 = '0, INIT_28 = '0, INIT_29 = '0,
  parameter logic [255:0] INIT_2A = '0, INIT_2B = '0, INIT_2C = '0, INIT_2D = '0, INIT_2E = '0, INIT_2F = '0,
  parameter logic [255:0] INIT_30 = '0, INIT_31 = '0, INIT_32 = '0, INIT_33 = '0, INIT_34 = '0, INIT_35 = '0,
  parameter logic [255:0] INIT_36 = '0, INIT_37 = '0, INIT_38 = '0, INIT_39 = '0, INIT_3A = '0, INIT_3B = '0,
  parameter logic [255:0] INIT_3C = '0, INIT_3D = '0, INIT_3E = '0, INIT_3F = '0,
  parameter logic [17:0] INIT_A = '0, INIT_B = '0, SRVAL_A = '0, SRVAL_B = '0,
  parameter int unsigned READ_WIDTH_A = 0, READ_WIDTH_B = 0, WRITE_WIDTH_A = 0, WRITE_WIDTH_B = 0,
  parameter string WRITE_MODE_A = "WRITE_FIRST", WRITE_MODE_B = "WRITE_FIRST", RAM_MODE = "TDP",
  parameter int unsigned DOA_REG = 0, DOB_REG = 0,
  parameter RDADDR_COLLISION_HWCONFIG = "DELAYED_WRITE", SIM_COLLISION_CHECK = "ALL", SIM_DEVICE = "7SERIES",
  parameter RSTREG_PRIORITY_A = "RSTREG", RSTREG_PRIORITY_B = "RSTREG", INIT_FILE = "NONE",
  parameter bit IS_CLKARDCLK_INVERTED = 0, IS_CLKBWRCLK_INVERTED = 0, IS_ENARDEN_INVERTED = 0, IS_ENBWREN_INVERTED = 0,
  parameter bit IS_RSTRAMARSTRAM_INVERTED = 0, IS_RSTRAMB_INVERTED = 0,
  parameter bit IS_RSTREGARSTREG_INVERTED = 0, IS_RSTREGB_INVERTED = 0
) (
  input logic CLKARDCLK, ENARDEN, REGCEAREGCE, RSTRAMARSTRAM, RSTREGARSTREG,
  input logic CLKBWRCLK, ENBWREN, REGCEB, RSTRAMB, RSTREGB,
  input logic [13:0] ADDRARDADDR, ADDRBWRADDR,
  input logic [15:0] DIADI, DIBDI,
  input logic [1:0] DIPADIP, DIPBDIP,
  input logic [1:0] WEA,
  input logic [3:0] WEBWE,
  output logic [15:0] DOADO, DOBDO,
  output logic [1:0] DOPADOP, DOPBDOP
);

  localparam bit SDP = RAM_MODE == "SDP";
  localparam bit WIDE_READ = READ_WIDTH_A == 36, WIDE_WRITE = WRITE_WIDTH_B == 36;
  if (DOA_REG != 0 || DOB_REG != 0) begin : gen_refuse_register
    $error("RAMB18E1: output registers are not modelled");
  end
  if (!(RAM_MODE inside {"TDP", "SDP"}) || ((WIDE_READ || WIDE_WRITE) && !SDP)) begin : gen_refuse_mode
    $error("RAMB18E1: RAM_MODE must be TDP or SDP, and the full width is SDP's");
  end

  // Parity above the data; the full width is half of each port's value.
  function automatic logic [71:0] joined(logic [17:0] low, logic [17:0] high);
    joined = 72'({high[17:16], low[17:16], high[15:0], low[15:0]});
  endfunction

  logic [7:0][8:0] d_a, d_b, q_a, q_b;
  logic [1:0][8:0] data_a, data_b;
  assign data_a = {DIPADIP[1], DIADI[8+:8], DIPADIP[0], DIADI[0+:8]};
  assign data_b = {DIPBDIP[1], DIBDI[8+:8], DIPBDIP[0], DIBDI[0+:8]};
  assign d_a = 72'(data_a);
  assign d_b = WIDE_WRITE ? 72'({data_b, data_a}) : 72'(data_b);
  logic [7:0] we_a, we_b;
  assign we_a = 8'(WEA);
  assign we_b = 8'(WEBWE);

  xc7_block_ram #(
    .UNITS(2048),
    .READ_A(READ_WIDTH_A), .READ_B(READ_WIDTH_B), .WRITE_A(WRITE_WIDTH_A), .WRITE_B(WRITE_WIDTH_B),
    .MODE_A(WRITE_MODE_A), .MODE_B(WRITE_MODE_B), .SDP(SDP),
    .INIT_A(WIDE_READ ? joined(INIT_A, INIT_B) : 72'(INIT_A)),
    .INIT_B(72'(INIT_B)),
    .SRVAL_A(WIDE_READ ? joined(SRVAL_A, SRVAL_B) : 72'(SRVAL_A)),
    .SRVAL_B(72'(SRVAL_B)),
    .INIT({
      INIT_3F, INIT_3E, INIT_3D, INIT_3C, INIT_3B, INIT_3A, INIT_39, INIT_38,
      INIT_37, INIT_36, INIT_35, INIT_34, INIT_33, INIT_32, INIT_31, INIT_30,
      INIT_2F, INIT_2E, INIT_2D, INIT_2C, INIT_2B, INIT_2A, INIT_29, INIT_28,
      INIT_27, INIT_26, INIT_25, INIT_24, INIT_23, INIT_22, INIT_21, INIT_20,
      INIT_1F, INIT_1E, INIT_1D, INIT_1C, INIT_1B, INIT_1A, INIT_19, INIT_18,
      INIT_17, INIT_16, INIT_15, INIT_14, INIT_13, INIT_12, INIT_11, INIT_10,
      INIT_0F, INIT_0E, INIT_0D, INIT_0C, INIT_0B, INIT_0A, INIT_09, INIT_08,
      INIT_07, INIT_06, INIT_05, INIT_04, INIT_03, INIT_02, INIT_01, INIT_00
    }),
    .INITP({
      INITP_07, INITP_06, INITP_05, INITP_04, INITP_03, INITP_02, INITP_01, INITP_00
    })
  ) ram (
    .clk_a(CLKARDCLK ^ IS_CLKARDCLK_INVERTED), .en_a(ENARDEN ^ IS_ENARDEN_INVERTED),
    .rst_a(RSTRAMARSTRAM ^ IS_RSTRAMARSTRAM_INVERTED),
    .clk_b(CLKBWRCLK ^ IS_CLKBWRCLK_INVERTED), .en_b(ENBWREN ^ IS_ENBWREN_INVERTED),
    .rst_b(RSTRAMB ^ IS_RSTRAMB_INVERTED),
    .addr_a(15'(ADDRARDADDR)), .addr_b(15'(ADDRBWRADDR)),
    .we_a(we_a), .we_b(we_b), .d_a(d_a), .d_b(d_b), .q_a(q_a), .q_b(q_b)
  );

  always_comb begin
    for (int u = 0; u < 2; u++) begin
      {DOPADOP[u], DOADO[u*8+:8]} = q_a[u];
      {DOPBDOP[u], DOBDO[u*8+:8]} = WIDE_READ ? q_a[u+2] : q_b[u];
    end
  end

endmodule
/* verilator lint_on UNUSEDPARAM */
/* verilator lint_on UNUSEDSIGNAL */
