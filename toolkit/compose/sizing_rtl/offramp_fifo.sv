// Stands for a queue while depths are tried: its depth is read at start, so one compiled simulation tries many.
//
// Line ID of queue_depths.dat is the depth, from 2 to 4096. A word appears at the output one cycle after it was
// taken in, whatever the depth; throughput, which is what depths are chosen for, is that of the queue.
module offramp_fifo #(
  parameter int unsigned WIDTH = 8,
  /* verilator lint_off UNUSEDPARAM */  // the file says it
  parameter int unsigned DEPTH = 2,
  /* verilator lint_on UNUSEDPARAM */
  parameter int ID = 0
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

  localparam int unsigned CAPACITY = 4096;
  localparam int unsigned COUNT_BITS = $clog2(CAPACITY + 1);

  logic [15:0] limits[256];
  logic [COUNT_BITS-1:0] depth;
  initial begin
    $readmemh("queue_depths.dat", limits);
    depth = COUNT_BITS'(limits[ID]);
  end

  logic push;
  logic pop;
  assign push = s_valid && s_ready;
  assign pop = m_valid && m_ready;

  logic [COUNT_BITS-1:0] count;
  logic [COUNT_BITS-1:0] count_next;
  assign count_next = count + COUNT_BITS'(push) - COUNT_BITS'(pop);
  assign m_valid = count != '0;

  logic [WIDTH-1:0] memory[CAPACITY];
  logic [COUNT_BITS-2:0] write_at;
  logic [COUNT_BITS-2:0] read_at;
  assign m_data = memory[read_at];

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      count    <= '0;
      s_ready  <= 1'b0;  // nothing is taken in during reset
      write_at <= '0;
      read_at  <= '0;
    end else begin
      count   <= count_next;
      s_ready <= count_next != depth;
      if (push) write_at <= write_at + 1'b1;
      if (pop) read_at <= read_at + 1'b1;
    end
    if (push) memory[write_at] <= s_data;
  end

endmodule
