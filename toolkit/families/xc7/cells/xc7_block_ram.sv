// Block RAM of the 7 series, for simulation: the modes that Yosys' synth_xilinx emits. RAMB18E1 and RAMB36E1 are it.
//
// What each bit does follows Yosys' share/xilinx/brams_xc4v.txt and brams_xc6v_map.v, and AMD UG473. The array is
// units of 9 bits, 8 of data and one of parity: ports of 1, 2 and 4 bits reach the data (address bit 0 counts single
// bits), wider ones take several units. Simple dual port (SDP): A only reads, B only writes, and the full width goes
// over the pins of both.
//
// Power-up: INIT in the array, INIT_A and INIT_B at the outputs. Where one port reads what the other writes in the
// same cycle: the old bits if the writing port has READ_FIRST; otherwise the hardware promises nothing, and the bits
// written read as the complement of what they were, so that a design which counts on them fails. Two writes to one
// bit are refused.
module xc7_block_ram #(
  parameter int unsigned UNITS = 2048,
  parameter int unsigned READ_A = 0, READ_B = 0, WRITE_A = 0, WRITE_B = 0,
  parameter string MODE_A = "WRITE_FIRST", MODE_B = "WRITE_FIRST",
  parameter bit SDP = 0,
  /* verilator lint_off WIDTHCONCAT */  // these are as wide as that
  parameter logic [UNITS*8-1:0] INIT = '0,
  parameter logic [UNITS-1:0] INITP = '0,
  /* verilator lint_on WIDTHCONCAT */
  // Parity above the data, as AMD has them.
  parameter logic [71:0] INIT_A = '0, INIT_B = '0, SRVAL_A = '0, SRVAL_B = '0
) (
  input logic clk_a, en_a, rst_a, clk_b, en_b, rst_b,
  /* verilator lint_off UNUSEDSIGNAL */  // narrow ports need a part of them
  input logic [14:0] addr_a, addr_b,
  input logic [7:0] we_a, we_b,
  input logic [7:0][8:0] d_a, d_b,
  /* verilator lint_on UNUSEDSIGNAL */
  output logic [7:0][8:0] q_a, q_b
);

  localparam int unsigned LOG = $clog2(UNITS);
  if (SDP && (READ_B != 0 || WRITE_A != 0)) begin : gen_refuse_sdp
    $error("block RAM: in SDP A only reads and B only writes");
  end

  /* verilator lint_off MULTIDRIVEN */  // by both ports
  logic [8:0] units[UNITS];
  /* verilator lint_on MULTIDRIVEN */
  initial begin
    for (int i = 0; i < int'(UNITS); i++) units[i] = {INITP[i], INIT[i*8+:8]};
  end

  // A value of a port, parity above data, by units.
  function automatic logic [7:0][8:0] by_unit(logic [71:0] value, int unsigned width);
    by_unit = '0;
    if (width < 9) by_unit[0] = {1'b0, value[7:0]};
    else for (int u = 0; u < int'(width / 9); u++) by_unit[u] = {value[width/9*8+u], value[u*8+:8]};
  endfunction

  for (genvar p = 0; p < 2; p++) begin : gen_port
    localparam int unsigned READ = p == 0 ? READ_A : READ_B;
    localparam int unsigned WRITE = p == 0 ? WRITE_A : WRITE_B;
    localparam string MODE = p == 0 ? MODE_A : MODE_B;
    localparam bit OLD = MODE == "READ_FIRST", FOREIGN_OLD = (p == 0 ? MODE_B : MODE_A) == "READ_FIRST";
    if (!(READ inside {0, 1, 2, 4, 9, 18, 36, 72}) || !(WRITE inside {0, 1, 2, 4, 9, 18, 36, 72})) begin : gen_refuse_width
      $error("block RAM: widths must be 0, 1, 2, 4, 9, 18, 36 or 72");
    end
    if (!(MODE inside {"WRITE_FIRST", "READ_FIRST", "NO_CHANGE"})) begin : gen_refuse_mode
      $error("block RAM: WRITE_MODE must be WRITE_FIRST, READ_FIRST or NO_CHANGE");
    end
    localparam int unsigned READS = READ < 18 ? 1 : READ / 9, WRITES = WRITE < 18 ? 1 : WRITE / 9;  // units
    localparam int unsigned READ_BITS = READ < 9 ? READ : 9, WRITE_BITS = WRITE < 9 ? WRITE : 9;    // in each

    /* verilator lint_off UNUSEDSIGNAL */  // some need a part of them
    logic clk, enable, rst;
    logic [14:0] address;
    logic [7:0] we;
    logic [7:0][8:0] data;
    /* verilator lint_on UNUSEDSIGNAL */
    assign clk = p == 0 ? clk_a : clk_b;
    assign enable = p == 0 ? en_a : en_b;
    assign rst = p == 0 ? rst_a : rst_b;
    assign address = p == 0 ? addr_a : addr_b;
    assign we = p == 0 ? we_a : we_b;
    assign data = p == 0 ? d_a : d_b;

    logic [LOG-1:0] first_written, first_read;
    logic [2:0] low_written, low_read;   // of the access in its unit, in bits
    logic [7:0][8:0] hit;                // bits of the array that are written, by unit of the access
    assign first_written = address[LOG+2:3] & ~LOG'(WRITES - 1);
    assign first_read = address[LOG+2:3] & ~LOG'(READS - 1);
    assign low_written = WRITE_BITS == 9 || WRITE == 0 ? '0 : address[2:0] & ~3'(WRITE_BITS - 1);
    assign low_read = READ_BITS == 9 || READ == 0 ? '0 : address[2:0] & ~3'(READ_BITS - 1);
    always_comb begin
      hit = '0;
      for (int u = 0; u < int'(WRITES); u++) begin
        if (WRITE != 0 && enable && we[u]) hit[u] = 9'((1 << WRITE_BITS) - 1) << low_written;
      end
    end

    // What the port writes: the bits of a unit of the array, and their values.
    function automatic logic [8:0] written(logic [LOG-1:0] unit);
      written = '0;
      for (int u = 0; u < int'(WRITES); u++) if (first_written + LOG'(u) == unit) written |= hit[u];
    endfunction
    function automatic logic [8:0] value(logic [LOG-1:0] unit);
      value = '0;
      for (int u = 0; u < int'(WRITES); u++) if (first_written + LOG'(u) == unit) value |= data[u] << low_written;
    endfunction

    always @(posedge clk) begin
      for (int u = 0; u < int'(WRITES); u++) begin
        for (int b = 0; b < 9; b++) if (hit[u][b]) units[first_written+LOG'(u)][b] <= data[u][4'(b)-4'(low_written)];
        if (p == 0) assert ((hit[u] & gen_port[1].written(first_written + LOG'(u))) == '0)
          else $error("block RAM: both ports write the same bit");
      end
    end

    function automatic logic [7:0][8:0] read();
      read = '0;
      for (int u = 0; u < int'(READS); u++) begin
        logic [LOG-1:0] unit;
        logic [8:0] bits;
        unit = first_read + LOG'(u);
        bits = units[unit];
        if (!OLD) bits = (bits & ~written(unit)) | (value(unit) & written(unit));
        if (!FOREIGN_OLD) bits ^= gen_port[1-p].written(unit);
        read[u] = (bits >> low_read) & 9'((1 << READ_BITS) - 1);
      end
    endfunction

    // A bit that the netlist leaves open is 0 in the bitstream.
    localparam logic [71:0] GIVEN = p == 0 ? INIT_A : INIT_B;
    logic [71:0] start;
    for (genvar i = 0; i < 72; i++) begin : gen_start
      if (GIVEN[i] === 1'b1) begin : gen_one
        assign start[i] = 1'b1;
      end else begin : gen_zero
        assign start[i] = 1'b0;
      end
    end

    logic [7:0][8:0] q;
    initial q = by_unit(start, READ);
    if (READ != 0) begin : gen_read
      always @(posedge clk) begin
        if (enable && rst) q <= by_unit(p == 0 ? SRVAL_A : SRVAL_B, READ);
        else if (enable && !(MODE == "NO_CHANGE" && hit != '0)) q <= read();
      end
    end
  end

  assign q_a = gen_port[0].q;
  assign q_b = gen_port[1].q;

endmodule
