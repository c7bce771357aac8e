// Reports what passes a queue, through DPI; bound to every queue of an observed simulation.
//
// offramp_probe_word() gets each word that leaves, 32 bits at a time from the lowest; offramp_pushed() is told of each
// word that enters; offramp_level() gets the occupancy whenever it reaches a new maximum; offramp_seen() what happens
// for the first time: the queue became empty (1), the writer had to wait (2), the reader had to wait (4). ID is the
// number by which they name the queue.
module offramp_fifo_observer #(
  parameter int unsigned WIDTH = 8,
  parameter int unsigned COUNT_BITS = 2,
  parameter int ID = 0
) (
  input logic                  clk,
  input logic                  rst_n,
  input logic                  push,
  input logic                  pop,
  input logic                  s_valid,
  input logic                  m_ready,
  input logic [     WIDTH-1:0] data,
  input logic [COUNT_BITS-1:0] count,
  input logic [COUNT_BITS-1:0] count_next
);

  import "DPI-C" function void offramp_probe_word(
    input int id,
    input int index,
    input int unsigned word
  );
  import "DPI-C" function void offramp_pushed(input int id);
  import "DPI-C" function void offramp_level(
    input int id,
    input int count
  );
  import "DPI-C" function void offramp_seen(
    input int id,
    input int what
  );

  localparam int unsigned PROBE_WORDS = (WIDTH + 31) / 32;
  logic [32*PROBE_WORDS-1:0] probe;
  logic [COUNT_BITS-1:0] peak;
  logic [2:0] now;
  logic [2:0] seen;
  assign now[0] = count != '0 && count_next == '0;
  assign now[1] = s_valid && !push;
  assign now[2] = m_ready && !pop;
  assign probe = (32 * PROBE_WORDS)'(data);

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      peak <= '0;
      seen <= '0;
    end else begin
      if (push) offramp_pushed(ID);
      if (pop) begin
        for (int i = 0; i < int'(PROBE_WORDS); i++) offramp_probe_word(ID, i, probe[32*i+:32]);
      end
      if (count_next > peak) begin
        peak <= count_next;
        offramp_level(ID, int'(count_next));
      end
      seen <= seen | now;
      if ((now & ~seen) != '0) offramp_seen(ID, int'(now));
    end
  end

endmodule

// OFFRAMP_QUEUE: the module of the queues, whose own name a stalled simulation gives to a wrapper.
bind `OFFRAMP_QUEUE offramp_fifo_observer #(
  .WIDTH(WIDTH),
  .COUNT_BITS(COUNT_BITS),
  .ID(ID)
) observer (
  .clk(clk),
  .rst_n(rst_n),
  .push(push),
  .pop(pop),
  .s_valid(s_valid),
  .m_ready(m_ready),
  .data(m_data),
  .count(count),
  .count_next(count_next)
);
