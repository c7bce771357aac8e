// Block RAM of the GW2A (18 Kbit, two ports), for simulation: the modes that Yosys' synth_gowin emits. SP, SDPB,
// DPB and their relatives with parity are it.
//
// What each bit does follows Yosys' share/gowin/brams.txt and brams_map.v. The array is 2048 units of 9 bits, 8 of
// data and one of parity: ports of 1, 2 and 4 bits reach the data (address bit 0 counts single bits), wider ones take
// several units and have their byte enables at the low address bits. A reset clears what was read, enabled or not.
//
// Power-up: INIT in the array, zeros at the outputs. Where one port reads what the other writes in the same cycle the
// hardware promises nothing: the bits written read as the complement of what they were, so that a design which counts
// on them fails. Two writes to one bit are refused.
module gowin_block_ram #(
  parameter int unsigned WIDTH_A = 0, WIDTH_B = 0,  // 9, 18 and 36 with parity or without; 0: not used
  parameter int unsigned MODE_A = 0, MODE_B = 0,    // a port that writes reads nothing (0), the new (1), the old (2)
  parameter string RESET_MODE = "SYNC",
  /* verilator lint_off WIDTHCONCAT */  // it is as wide as that
  parameter logic [2048*9-1:0] INIT = '0
  /* verilator lint_on WIDTHCONCAT */
) (
  input logic clk_a, ce_a, write_a, rst_a, clk_b, ce_b, write_b, rst_b,
  input logic [13:0] ad_a, ad_b,
  /* verilator lint_off UNUSEDSIGNAL */  // narrow ports need a part of them
  input logic [3:0][8:0] d_a, d_b,
  /* verilator lint_on UNUSEDSIGNAL */
  output logic [3:0][8:0] q_a, q_b
);

  if (!(RESET_MODE inside {"SYNC", "ASYNC"})) begin : gen_refuse_reset
    $error("block RAM: RESET_MODE must be SYNC or ASYNC");
  end

  /* verilator lint_off MULTIDRIVEN */  // by both ports
  logic [8:0] units[2048];
  /* verilator lint_on MULTIDRIVEN */
  initial begin
    for (int i = 0; i < 2048; i++) units[i] = INIT[i*9+:9];
  end

  for (genvar p = 0; p < 2; p++) begin : gen_port
    localparam int unsigned WIDTH = p == 0 ? WIDTH_A : WIDTH_B;
    localparam int unsigned MODE = p == 0 ? MODE_A : MODE_B;
    localparam int unsigned COUNT = WIDTH < 18 ? 1 : WIDTH / 9;  // units that one access takes
    localparam int unsigned BITS = WIDTH < 9 ? WIDTH : 9;        // bits in each of them
    if (!(WIDTH inside {0, 1, 2, 4, 9, 18, 36})) begin : gen_refuse_width
      $error("block RAM: widths must be 1, 2, 4, 8, 9, 16, 18, 32 or 36");
    end
    if (MODE > 2) begin : gen_refuse_mode
      $error("block RAM: WRITE_MODE must be 0, 1 or 2");
    end

    logic clk, rst, enable, write;
    logic [13:0] address;
    /* verilator lint_off UNUSEDSIGNAL */  // as above
    logic [3:0][8:0] data;
    /* verilator lint_on UNUSEDSIGNAL */
    assign clk = p == 0 ? clk_a : clk_b;
    assign rst = p == 0 ? rst_a : rst_b;
    assign enable = p == 0 ? ce_a : ce_b;
    assign write = enable && (p == 0 ? write_a : write_b);
    assign address = p == 0 ? ad_a : ad_b;
    assign data = p == 0 ? d_a : d_b;

    logic [10:0] first;       // unit of the access
    logic [2:0] offset;       // of the access in it, in bits
    logic [3:0][8:0] hit;     // bits of the array that are written, by unit of the access
    assign first = address[13:3] & ~11'(COUNT - 1);
    assign offset = BITS == 9 || WIDTH == 0 ? '0 : address[2:0] & ~3'(BITS - 1);
    always_comb begin
      hit = '0;
      for (int u = 0; u < int'(COUNT); u++) begin
        if (WIDTH != 0 && write && (COUNT == 1 || address[u])) hit[u] = 9'((1 << BITS) - 1) << offset;
      end
    end

    // Bits of a unit of the array that the other port writes.
    function automatic logic [8:0] foreign(logic [10:0] unit);
      foreign = '0;
      for (int u = 0; u < 4; u++) if (gen_port[1-p].first + 11'(u) == unit) foreign |= gen_port[1-p].hit[u];
    endfunction

    always @(posedge clk) begin
      for (int u = 0; u < int'(COUNT); u++) begin
        for (int b = 0; b < 9; b++) if (hit[u][b]) units[first+11'(u)][b] <= data[u][4'(b)-4'(offset)];
        if (p == 0) assert ((hit[u] & foreign(first + 11'(u))) == '0)
          else $error("block RAM: both ports write the same bit");
      end
    end

    function automatic logic [3:0][8:0] read();
      read = '0;
      for (int u = 0; u < int'(COUNT); u++) begin
        logic [8:0] bits;
        bits = units[first+11'(u)];
        if (MODE == 1) bits = (bits & ~hit[u]) | ((data[u] << offset) & hit[u]);
        bits ^= foreign(first + 11'(u));
        read[u] = (bits >> offset) & 9'((1 << BITS) - 1);
      end
    endfunction

    logic [3:0][8:0] q;
    logic step;
    assign step = enable && !(write && MODE == 0);
    initial q = '0;
    if (RESET_MODE == "SYNC") begin : gen_sync
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

  assign q_a = gen_port[0].q;
  assign q_b = gen_port[1].q;

endmodule
