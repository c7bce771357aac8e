// The processor of a Zynq-7000, for simulation: its general-purpose port 0 does the accesses that its host asks for.
//
// Accesses come by the functions imported here, as toolkit/links/mmio/simulated has them; they go in bursts of up to
// 16 words, with pauses of random length on every channel. An answer that AXI does not allow ends the simulation.
// Ports: Yosys, share/xilinx/cells_xtra.v, those that a design here connects. Synthesis takes the cell itself.
module PS7 (
  input  logic        MAXIGP0ACLK,
  output logic [11:0] MAXIGP0AWID,
  output logic [31:0] MAXIGP0AWADDR,
  output logic [ 3:0] MAXIGP0AWLEN,
  output logic        MAXIGP0AWVALID,
  input  logic        MAXIGP0AWREADY,
  output logic [31:0] MAXIGP0WDATA,
  output logic [ 3:0] MAXIGP0WSTRB,
  output logic        MAXIGP0WLAST,
  output logic        MAXIGP0WVALID,
  input  logic        MAXIGP0WREADY,
  input  logic [11:0] MAXIGP0BID,
  input  logic [ 1:0] MAXIGP0BRESP,
  input  logic        MAXIGP0BVALID,
  output logic        MAXIGP0BREADY,
  output logic [11:0] MAXIGP0ARID,
  output logic [31:0] MAXIGP0ARADDR,
  output logic [ 3:0] MAXIGP0ARLEN,
  output logic        MAXIGP0ARVALID,
  input  logic        MAXIGP0ARREADY,
  input  logic [11:0] MAXIGP0RID,
  input  logic [31:0] MAXIGP0RDATA,
  input  logic [ 1:0] MAXIGP0RRESP,
  input  logic        MAXIGP0RLAST,
  input  logic        MAXIGP0RVALID,
  output logic        MAXIGP0RREADY
);

  import "DPI-C" function int offramp_memory_ask(output int writes, output int address, output int words);
  import "DPI-C" function int offramp_memory_next();
  import "DPI-C" function void offramp_memory_responded();
  import "DPI-C" function void offramp_memory_give(input int word);

  typedef enum logic [2:0] {
    IDLE,
    ADDRESS,
    WRITE,
    RESPONSE,
    READ
  } state_t;

  /* verilator lint_off PROCASSINIT */
  state_t state = IDLE;
  logic writing = 1'b0;
  logic [31:0] address = '0, left = '0;  // left: words that no burst has taken yet
  logic [3:0] beats = '0;                // of this burst, less one, still to come
  logic [11:0] id = '0;
  logic [31:0] random = 32'h2545f491;
  logic addressed = 1'b0, wvalid = 1'b0, bready = 1'b0, rready = 1'b0;
  /* verilator lint_on PROCASSINIT */
  logic coin;
  assign coin = random[0] ^ random[7] ^ random[19];

  int asked, writes, at, words;
  always_ff @(posedge MAXIGP0ACLK) begin
    random <= {random[30:0], random[31] ^ random[21] ^ random[1] ^ random[0]};
    unique case (state)
      IDLE: begin
        /* verilator lint_off BLKSEQ */  // read at once
        asked = offramp_memory_ask(writes, at, words);
        /* verilator lint_on BLKSEQ */
        if (asked != 0) begin
          state   <= ADDRESS;
          writing <= writes != 0;
          address <= at;
          left    <= words;
        end
      end
      ADDRESS:
      if (addressed && (writing ? MAXIGP0AWREADY : MAXIGP0ARREADY)) begin
        addressed <= 1'b0;
        state     <= writing ? WRITE : READ;
        left      <= left - 32'(beats) - 32'd1;
      end else if (!addressed && coin) begin
        addressed <= 1'b1;
        beats     <= left > 32'd16 ? 4'd15 : 4'(left - 1);
        id        <= random[11:0];
      end
      WRITE:
      if (wvalid && MAXIGP0WREADY) begin
        wvalid  <= 1'b0;
        beats   <= beats - 1'b1;
        address <= address + 32'd4;
        if (beats == '0) state <= RESPONSE;
      end else if (!wvalid && coin) begin
        wvalid       <= 1'b1;
        MAXIGP0WDATA <= offramp_memory_next();
      end
      RESPONSE:
      if (bready && MAXIGP0BVALID) begin
        bready <= 1'b0;
        assert (MAXIGP0BID == id && MAXIGP0BRESP == '0)
        else $error("PS7: response %h of %h", MAXIGP0BRESP, MAXIGP0BID);
        if (left == '0) offramp_memory_responded();
        state <= left == '0 ? IDLE : ADDRESS;
      end else begin
        bready <= coin;
      end
      default:
      if (rready && MAXIGP0RVALID) begin
        rready  <= 1'b0;
        beats   <= beats - 1'b1;
        address <= address + 32'd4;
        assert (MAXIGP0RID == id && MAXIGP0RRESP == '0 && MAXIGP0RLAST == (beats == '0))
        else $error("PS7: answer %h of %h", MAXIGP0RRESP, MAXIGP0RID);
        offramp_memory_give(MAXIGP0RDATA);
        if (beats == '0) state <= left == '0 ? IDLE : ADDRESS;
      end else begin
        rready <= coin;
      end
    endcase
  end

  assign MAXIGP0AWID = id;
  assign MAXIGP0AWADDR = address;
  assign MAXIGP0AWLEN = beats;
  assign MAXIGP0AWVALID = addressed && writing;
  assign MAXIGP0WSTRB = '1;
  assign MAXIGP0WLAST = beats == '0;
  assign MAXIGP0WVALID = wvalid;
  assign MAXIGP0BREADY = bready;
  assign MAXIGP0ARID = id;
  assign MAXIGP0ARADDR = address;
  assign MAXIGP0ARLEN = beats;
  assign MAXIGP0ARVALID = addressed && !writing;
  assign MAXIGP0RREADY = rready;

endmodule
