// Block RAM of the GW2A with one port, without parity, for simulation; see gowin_block_ram.
`include "gowin_init.svh"

module SP #(
  parameter bit READ_MODE = 0, parameter int unsigned WRITE_MODE = 0, BIT_WIDTH = 32,
  parameter logic [2:0] BLK_SEL = '0, parameter string RESET_MODE = "SYNC",
  `GOWIN_INIT_PARAMETERS(256)
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
    .WIDTH_A(BIT_WIDTH < 8 ? BIT_WIDTH : BIT_WIDTH / 8 * 9), .MODE_A(WRITE_MODE), .RESET_MODE(RESET_MODE),
    .INIT(units())
  ) ram (
    /* verilator lint_off PINCONNECTEMPTY */  // of a port that does not read
    .clk_a(CLK), .ce_a(CE && BLKSEL == BLK_SEL), .write_a(WRE), .rst_a(RESET), .ad_a(AD), .d_a(d), .q_a(q),
    .clk_b(1'b0), .ce_b(1'b0), .write_b(1'b0), .rst_b(1'b0), .ad_b('0), .d_b('0), .q_b()
    /* verilator lint_on PINCONNECTEMPTY */
  );

endmodule
