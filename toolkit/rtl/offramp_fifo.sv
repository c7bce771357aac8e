// First-in first-out queue between two streams; also the place where simulation observes and stalls a design.
//
// It holds exactly DEPTH words and moves one word per cycle at every depth. s_ready, m_valid and m_data come
// from registers, so no combinational path leads through it.
//   DEPTH = 2   two registers, a word appears at the output one cycle after it was taken in.
//   DEPTH > 2   a memory of DEPTH-1 words whose read register is the output: two cycles. The memory has no
//               reset and is read through a clocked enable, so it maps to LUT RAM or block RAM.
//
// Three defines exist for simulation only; ID is the number by which they name this queue.
//   OFFRAMP_OBSERVE       offramp_probe_word() gets each word that leaves, 32 bits at a time from the lowest;
//                         offramp_level() gets the occupancy whenever it reaches a new maximum.
//   OFFRAMP_STALL_INSIDE  offramp_stall() is asked at every clock edge, once per side (0 input, 1 output),
//                         whether to withhold s_ready or m_valid in the next cycle.
//   OFFRAMP_SIZING        the depth is read at start from line ID of queue_depths.dat, up to 4096, so that one
//                         compiled simulation tries many depths.
module offramp_fifo #(
  parameter int unsigned WIDTH = 8,
  parameter int unsigned DEPTH = 2,
  /* verilator lint_off UNUSEDPARAM */  // read under the two defines only
  parameter int ID = 0
  /* verilator lint_on UNUSEDPARAM */
) (
  input  logic             clk,
  input  logic             rst_n,
  input  logic [WIDTH-1:0] s_data,
  input  logic             s_valid,
  output logic             s_ready,
  output logic [WIDTH-1:0] m_data,
  output logic             m_valid,
  input  logic             m_ready
);

  if (WIDTH < 1) begin : gen_bad_width
    $error("offramp_fifo: WIDTH must be at least 1");
  end
  if (DEPTH < 2) begin : gen_bad_depth
    $error("offramp_fifo: DEPTH must be at least 2");
  end

`ifdef OFFRAMP_SIZING
  localparam int unsigned CAPACITY = 4096;
  localparam int unsigned COUNT_BITS = $clog2(CAPACITY + 1);
  logic [COUNT_BITS-1:0] FULL;
  logic [15:0] limits[256];
  initial begin
    $readmemh("queue_depths.dat", limits);
    FULL = COUNT_BITS'(limits[ID]);
  end
`else
  localparam int unsigned COUNT_BITS = $clog2(DEPTH + 1);
  localparam logic [COUNT_BITS-1:0] FULL = COUNT_BITS'(DEPTH);
`endif

  // hold_in and hold_out are constant zero unless a simulation stalls from inside.
  logic hold_in;
  logic hold_out;
  logic room;
  logic shown;
  logic push;
  logic pop;

  assign s_ready = room && !hold_in;
  assign m_valid = shown && !hold_out;
  assign push = s_valid && s_ready;
  assign pop = m_valid && m_ready;

  logic [COUNT_BITS-1:0] count;
  logic [COUNT_BITS-1:0] count_next;
  assign count_next = count + COUNT_BITS'(push) - COUNT_BITS'(pop);

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      count <= '0;
      room  <= 1'b0;  // nothing is taken in during reset
    end else begin
      count <= count_next;
      room  <= count_next != FULL;
    end
  end

`ifdef OFFRAMP_SIZING
  logic [WIDTH-1:0] memory[CAPACITY];
  logic [COUNT_BITS-2:0] write_at;
  logic [COUNT_BITS-2:0] read_at;
  assign shown  = count != '0;
  assign m_data = memory[read_at];

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      write_at <= '0;
      read_at  <= '0;
    end else begin
      if (push) write_at <= write_at + 1'b1;
      if (pop) read_at <= read_at + 1'b1;
    end
    if (push) memory[write_at] <= s_data;
  end
`else
  if (DEPTH <= 2) begin : gen_registers
    logic [WIDTH-1:0] spare;
    logic through;
    assign shown = count != '0;
    // The newest word goes to the output when the queue is empty behind this edge, else to the spare.
    assign through = push && (count == '0 || (pop && count != FULL));

    always_ff @(posedge clk) begin
      if (through || pop) m_data <= through ? s_data : spare;
      if (push) spare <= s_data;
    end
  end else begin : gen_memory
    localparam int unsigned WORDS = DEPTH - 1;
    localparam int unsigned ADDR_BITS = $clog2(WORDS);
    localparam logic [ADDR_BITS-1:0] LAST = ADDR_BITS'(WORDS - 1);

    // A word is never read in the cycle that writes it, so no bypass is needed around the memory.
    (* no_rw_check *) logic [WIDTH-1:0] memory[WORDS];
    logic [ADDR_BITS-1:0] write_at;
    logic [ADDR_BITS-1:0] read_at;
    logic read;
    logic waiting;  // at least one word is in the memory

    assign waiting = count != COUNT_BITS'(shown);
    assign read = waiting && (!shown || pop);

    always_ff @(posedge clk) begin
      if (push) memory[write_at] <= s_data;
      if (read) m_data <= memory[read_at];
    end

    always_ff @(posedge clk) begin
      if (!rst_n) begin
        write_at <= '0;
        read_at  <= '0;
        shown    <= 1'b0;
      end else begin
        if (push) write_at <= (write_at == LAST) ? '0 : write_at + 1'b1;
        if (read) read_at <= (read_at == LAST) ? '0 : read_at + 1'b1;
        shown <= read || (shown && !pop);
      end
    end
  end
`endif

`ifdef OFFRAMP_OBSERVE
  import "DPI-C" function void offramp_probe_word(
    input int id,
    input int index,
    input int unsigned word
  );
  import "DPI-C" function void offramp_level(
    input int id,
    input int count
  );

  localparam int unsigned PROBE_WORDS = (WIDTH + 31) / 32;
  logic [32*PROBE_WORDS-1:0] probe;
  logic [COUNT_BITS-1:0] peak;
  assign probe = (32 * PROBE_WORDS)'(m_data);

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      peak <= '0;
    end else begin
      if (pop) begin
        for (int i = 0; i < int'(PROBE_WORDS); i++) offramp_probe_word(ID, i, probe[32*i+:32]);
      end
      if (count_next > peak) begin
        peak <= count_next;
        offramp_level(ID, int'(count_next));
      end
    end
  end
`endif

`ifdef OFFRAMP_STALL_INSIDE
  import "DPI-C" function int offramp_stall(
    input int id,
    input int side
  );

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      hold_in  <= 1'b0;
      hold_out <= 1'b0;
    end else begin
      hold_in  <= offramp_stall(ID, 0) != 0;
      // A word that the consumer has seen stays shown until it is taken.
      hold_out <= offramp_stall(ID, 1) != 0 && !(m_valid && !m_ready);
    end
  end
`else
  assign hold_in  = 1'b0;
  assign hold_out = 1'b0;
`endif

endmodule
