// Block RAM of the ECP5 (18 Kbit, two ports), for simulation: the modes that Yosys' synth_ecp5 emits.
//
// What each bit does follows Yosys' share/lattice/brams_16kd.txt and brams_map_16kd.v. The array is 2048 units of
// 9 bits: ports of 1, 2 and 4 bits reach 8 of the 9 (address bit 0 counts single bits), ports of 18 and 36 take
// several units and have their byte enables at the low address bits. If a port has 36 bits, A only writes
// (data {DIB, DIA}) and B only reads ({DOB, DOA}).
//
// Power-up: INITVAL in the array, zeros at the outputs. Where one port reads what the other writes in the same
// cycle the hardware promises nothing: the bits written read as the complement of what they were, so that a design
// which counts on them fails. Both ports must share a clock if both are in use. Two writes to one bit are refused.
module DP16KD #(
  parameter int unsigned DATA_WIDTH_A = 18, DATA_WIDTH_B = 18,
  parameter string REGMODE_A = "NOREG", REGMODE_B = "NOREG",
  parameter string RESETMODE = "SYNC", ASYNC_RESET_RELEASE = "SYNC",
  parameter string CSDECODE_A = "0b000", CSDECODE_B = "0b000",
  parameter string WRITEMODE_A = "NORMAL", WRITEMODE_B = "NORMAL",
  parameter string CLKAMUX = "CLKA", CLKBMUX = "CLKB",
  parameter string GSR = "DISABLED",
  parameter logic [319:0] INITVAL_00 = '0, INITVAL_01 = '0, INITVAL_02 = '0, INITVAL_03 = '0,
  parameter logic [319:0] INITVAL_04 = '0, INITVAL_05 = '0, INITVAL_06 = '0, INITVAL_07 = '0,
  parameter logic [319:0] INITVAL_08 = '0, INITVAL_09 = '0, INITVAL_0A = '0, INITVAL_0B = '0,
  parameter logic [319:0] INITVAL_0C = '0, INITVAL_0D = '0, INITVAL_0E = '0, INITVAL_0F = '0,
  parameter logic [319:0] INITVAL_10 = '0, INITVAL_11 = '0, INITVAL_12 = '0, INITVAL_13 = '0,
  parameter logic [319:0] INITVAL_14 = '0, INITVAL_15 = '0, INITVAL_16 = '0, INITVAL_17 = '0,
  parameter logic [319:0] INITVAL_18 = '0, INITVAL_19 = '0, INITVAL_1A = '0, INITVAL_1B = '0,
  parameter logic [319:0] INITVAL_1C = '0, INITVAL_1D = '0, INITVAL_1E = '0, INITVAL_1F = '0,
  parameter logic [319:0] INITVAL_20 = '0, INITVAL_21 = '0, INITVAL_22 = '0, INITVAL_23 = '0,
  parameter logic [319:0] INITVAL_24 = '0, INITVAL_25 = '0, INITVAL_26 = '0, INITVAL_27 = '0,
  parameter logic [319:0] INITVAL_28 = '0, INITVAL_29 = '0, INITVAL_2A = '0, INITVAL_2B = '0,
  parameter logic [319:0] INITVAL_2C = '0, INITVAL_2D = '0, INITVAL_2E = '0, INITVAL_2F = '0,
  parameter logic [319:0] INITVAL_30 = '0, INITVAL_31 = '0, INITVAL_32 = '0, INITVAL_33 = '0,
  parameter logic [319:0] INITVAL_34 = '0, INITVAL_35 = '0, INITVAL_36 = '0, INITVAL_37 = '0,
  parameter logic [319:0] INITVAL_38 = '0, INITVAL_39 = '0, INITVAL_3A = '0, INITVAL_3B = '0,
  parameter logic [319:0] INITVAL_3C = '0, INITVAL_3D = '0, INITVAL_3E = '0, INITVAL_3F = '0
) (
  input logic DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9,
  input logic DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2, DIA1, DIA0,
  input logic ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0,
  /* verilator lint_off UNUSEDSIGNAL */  // OCEA, OCEB: enables of output registers, which are not modelled
  input logic CLKA, CEA, OCEA, WEA, RSTA, CSA2, CSA1, CSA0,
  output logic DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9,
  output logic DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2, DOA1, DOA0,
  input logic DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9,
  input logic DIB8, DIB7, DIB6, DIB5, DIB4, DIB3, DIB2, DIB1, DIB0,
  input logic ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0,
  input logic CLKB, CEB, OCEB, WEB, RSTB, CSB2, CSB1, CSB0,
  /* verilator lint_on UNUSEDSIGNAL */
  output logic DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9,
  output logic DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2, DOB1, DOB0
);

  // ---- parameters ----
  localparam bit WIDE = DATA_WIDTH_A == 36 || DATA_WIDTH_B == 36;

  if (REGMODE_A != "NOREG" || REGMODE_B != "NOREG") begin : gen_refuse_register
    $error("DP16KD: REGMODE must be NOREG");
  end
  if (!(RESETMODE inside {"SYNC", "ASYNC"}) || ASYNC_RESET_RELEASE != RESETMODE) begin : gen_refuse_reset
    $error("DP16KD: RESETMODE must be SYNC or ASYNC, and ASYNC_RESET_RELEASE the same");
  end
  if (CSDECODE_A != "0b000" || CSDECODE_B != "0b000") begin : gen_refuse_select
    $error("DP16KD: CSDECODE must be 0b000");
  end
  if (!(CLKAMUX inside {"CLKA", "INV"}) || !(CLKBMUX inside {"CLKB", "INV"})) begin : gen_refuse_clock
    $error("DP16KD: CLKAMUX must be CLKA or INV, CLKBMUX CLKB or INV");
  end
  if (!(GSR inside {"DISABLED", "AUTO"})) begin : gen_refuse_gsr
    $error("DP16KD: GSR must be DISABLED or AUTO");
  end

  // ---- the array ----
  localparam logic [64*320-1:0] INITVAL = {
    INITVAL_3F, INITVAL_3E, INITVAL_3D, INITVAL_3C, INITVAL_3B, INITVAL_3A, INITVAL_39, INITVAL_38,
    INITVAL_37, INITVAL_36, INITVAL_35, INITVAL_34, INITVAL_33, INITVAL_32, INITVAL_31, INITVAL_30,
    INITVAL_2F, INITVAL_2E, INITVAL_2D, INITVAL_2C, INITVAL_2B, INITVAL_2A, INITVAL_29, INITVAL_28,
    INITVAL_27, INITVAL_26, INITVAL_25, INITVAL_24, INITVAL_23, INITVAL_22, INITVAL_21, INITVAL_20,
    INITVAL_1F, INITVAL_1E, INITVAL_1D, INITVAL_1C, INITVAL_1B, INITVAL_1A, INITVAL_19, INITVAL_18,
    INITVAL_17, INITVAL_16, INITVAL_15, INITVAL_14, INITVAL_13, INITVAL_12, INITVAL_11, INITVAL_10,
    INITVAL_0F, INITVAL_0E, INITVAL_0D, INITVAL_0C, INITVAL_0B, INITVAL_0A, INITVAL_09, INITVAL_08,
    INITVAL_07, INITVAL_06, INITVAL_05, INITVAL_04, INITVAL_03, INITVAL_02, INITVAL_01, INITVAL_00
  };

  /* verilator lint_off MULTIDRIVEN */  // by both ports
  logic [8:0] units[2048];
  /* verilator lint_on MULTIDRIVEN */
  initial begin
    for (int i = 0; i < 2048; i++) units[i] = INITVAL[(i / 2) * 20 + (i % 2) * 9 +: 9];
  end

  // ---- pins ----
  logic [17:0] di_a, di_b, do_a, do_b;
  logic [13:0] ad_a, ad_b;
  assign di_a = {DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9,
                 DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2, DIA1, DIA0};
  assign di_b = {DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9,
                 DIB8, DIB7, DIB6, DIB5, DIB4, DIB3, DIB2, DIB1, DIB0};
  assign ad_a = {ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7,
                 ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0};
  assign ad_b = {ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7,
                 ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0};
  assign {DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9,
          DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2, DOA1, DOA0} = do_a;
  assign {DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9,
          DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2, DOB1, DOB0} = do_b;

  // ---- the ports: 0 is A, 1 is B ----
  for (genvar p = 0; p < 2; p++) begin : gen_port
    localparam int unsigned WIDTH = p == 0 ? DATA_WIDTH_A : DATA_WIDTH_B;
    localparam int unsigned COUNT = WIDTH < 18 ? 1 : WIDTH / 9;  // units that one access takes
    localparam int unsigned BITS = WIDTH < 9 ? WIDTH : 9;        // bits in each of them
    localparam string MODE = p == 0 ? WRITEMODE_A : WRITEMODE_B;
    if (!(WIDTH inside {1, 2, 4, 9, 18, 36})) begin : gen_refuse_width
      $error("DP16KD: DATA_WIDTH must be 1, 2, 4, 9, 18 or 36");
    end
    if (!(MODE inside {"NORMAL", "WRITETHROUGH", "READBEFOREWRITE"})) begin : gen_refuse_mode
      $error("DP16KD: WRITEMODE must be NORMAL, WRITETHROUGH or READBEFOREWRITE");
    end

    logic clk, rst, enable, write;
    logic [13:0] address;
    logic [3:0][8:0] data;
    assign clk = p == 0 ? (CLKAMUX == "INV" ? ~CLKA : CLKA) : (CLKBMUX == "INV" ? ~CLKB : CLKB);
    assign rst = p == 0 ? RSTA : RSTB;
    assign enable = p == 0 ? CEA && {CSA2, CSA1, CSA0} == '0 : CEB && {CSB2, CSB1, CSB0} == '0;
    assign write = enable && (p == 0 ? WEA : WEB && !WIDE) && !(RESETMODE == "SYNC" && rst);
    assign address = p == 0 ? ad_a : ad_b;
    assign data = p == 0 ? {di_b, di_a} : {18'd0, di_b};

    logic [10:0] first;     // unit
    logic [2:0] offset;     // of the access in its unit, in bits
    logic [3:0][8:0] hit;   // bits of the array that are written, by unit of the access
    assign first = address[13:3] & ~11'(COUNT - 1);
    assign offset = BITS == 9 ? '0 : address[2:0] & ~3'(BITS - 1);
    always_comb begin
      hit = '0;
      for (int u = 0; u < int'(COUNT); u++) begin
        if (write && (COUNT == 1 || address[u])) hit[u] = 9'((1 << BITS) - 1) << offset;
      end
    end

    // Bits of a unit that the other port writes.
    function automatic logic [8:0] foreign(logic [10:0] unit);
      foreign = '0;
      for (int u = 0; u < 4; u++) begin
        if (gen_port[1-p].first + 11'(u) == unit) foreign |= gen_port[1-p].hit[u];
      end
    endfunction

    always @(posedge clk) begin
      for (int u = 0; u < int'(COUNT); u++) begin
        if (hit[u] != '0) units[first+11'(u)][4'(offset)+:BITS] <= data[u][BITS-1:0];
        if (p == 0) assert ((hit[u] & foreign(first + 11'(u))) == '0)
          else $error("DP16KD: both ports write the same bit");
      end
    end

    function automatic logic [3:0][8:0] read();
      read = '0;
      for (int u = 0; u < int'(COUNT); u++) begin
        logic [8:0] bits;
        bits = units[first+11'(u)];
        if (MODE == "WRITETHROUGH") bits = (bits & ~hit[u]) | ((data[u] << offset) & hit[u]);
        bits ^= foreign(first + 11'(u));
        read[u] = (bits >> offset) & 9'((1 << BITS) - 1);
      end
    endfunction

    /* verilator lint_off UNUSEDSIGNAL */  // narrow ports need a part of it
    logic [3:0][8:0] q;
    /* verilator lint_on UNUSEDSIGNAL */
    logic step;
    assign step = enable && !(write && MODE == "NORMAL");
    initial q = '0;
    if (RESETMODE == "SYNC") begin : gen_sync
      always @(posedge clk) begin
        if (rst) q <= '0;
        else if (step) q <= read();
      end
    end else begin : gen_async
      always @(posedge clk or posedge rst) begin
        if (rst) q <= '0;
        else if (step) q <= read();
      end
    end
  end

  if (DATA_WIDTH_B == 36) begin : gen_one_output
    assign {do_b, do_a} = gen_port[1].q;
  end else begin : gen_two_outputs
    assign do_a = WIDE ? '0 : gen_port[0].q[1:0];
    assign do_b = gen_port[1].q[1:0];
  end

endmodule
