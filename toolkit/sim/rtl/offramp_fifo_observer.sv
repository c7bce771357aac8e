// Reports what passes a queue, through DPI; bound to every queue of an observed simulation.
//
// offramp_probe_word() gets each word that leaves, 32 bits at a time from the lowest; offramp_pushed() is told of each
// word that enters; offramp_level() gets the occupancy whenever it reaches a new maximum. ID is the number by which they
// name the queue.
module offramp_fifo_observer #(
  parameter int unsigned WIDTH = 8,
  parameter int unsigned COUNT_BITS = 2,
  parameter int ID = 0
) (
  input logic                  clk,
  input logic                  rst_n,
  input logic                  push,
  input logic                  pop,
  input logic [     WIDTH-1:0] data,
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

  localparam int unsigned PROBE_WORDS = (WIDTH + 31) / 32;
  logic [32*PROBE_WORDS-1:0] probe;
  logic [COUNT_BITS-1:0] peak;
  assign probe = (32 * PROBE_WORDS)'(data);

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      peak <= '0;
    end else begin
      if (push) offramp_pushed(ID);
      if (pop) begin
        for (int i = 0; i < int'(PROBE_WORDS); i++) offramp_probe_word(ID, i, probe[32*i+:32]);
      end
      if (count_next > peak) begin
        peak <= count_next;
        offramp_level(ID, int'(count_next));
      end
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
  .data(m_data),
  .count_next(count_next)
);
