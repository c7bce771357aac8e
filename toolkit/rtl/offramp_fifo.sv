// First-in first-out queue between two streams.
//
// It holds exactly DEPTH words and moves one word per cycle at every depth. s_ready, m_valid and m_data come
// from registers, so no combinational path leads through it.
//   DEPTH = 2   two registers, a word appears at the output one cycle after it was taken in.
//   DEPTH > 2   a memory of DEPTH-1 words whose read register is the output: two cycles. The memory has no
//               reset and is read through a clocked enable, so it maps to LUT RAM or block RAM.
//
// Simulation looks at queues by their ID and can stall them (toolkit/sim/rtl), or tries other depths
// (toolkit/compose/sizing_rtl); nothing here knows of it.
module offramp_fifo #(
  parameter int unsigned WIDTH = 8,
  parameter int unsigned DEPTH = 2,
  /* verilator lint_off UNUSEDPARAM */  // the number by which simulation names this queue
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

  localparam int unsigned COUNT_BITS = $clog2(DEPTH + 1);
  localparam logic [COUNT_BITS-1:0] FULL = COUNT_BITS'(DEPTH);

  logic room;
  logic shown;
  logic push;
  logic pop;

  assign s_ready = room;
  assign m_valid = shown;
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

endmodule
