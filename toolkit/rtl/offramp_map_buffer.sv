// Keeps the feature maps of SLOTS frames between two stages.
//
// What comes in is stored in the slot that is named then; a pulse of start plays the slot that is named then. slot
// must be the same from three cycles before a map comes in or is played until it is stored. A map of which only a
// part came in is forgotten with a reset.
module offramp_map_buffer #(
  parameter int unsigned WIDTH = 8,
  parameter int unsigned BEATS = 16,
  parameter int unsigned SLOTS = 32
) (
  input  logic             clk,
  input  logic             rst_n,
  input  logic [      7:0] slot,
  input  logic [WIDTH-1:0] s_data,
  input  logic             s_valid,
  output logic             s_ready,  // always
  output logic             stored,   // a pulse, the cycle after the last beat came in
  input  logic             start,
  output logic [WIDTH-1:0] m_data,
  output logic             m_valid,
  input  logic             m_ready,
  output logic             begun     // a pulse, the cycle after the first beat was taken
);

  if (SLOTS < 1 || SLOTS > 256) begin : gen_bad_slots
    $error("offramp_map_buffer: SLOTS must be 1 to 256");
  end
  if (WIDTH < 1 || BEATS < 1) begin : gen_bad_map
    $error("offramp_map_buffer: WIDTH and BEATS must be at least 1");
  end

  localparam int unsigned WORDS = SLOTS * BEATS;
  localparam int unsigned ADDRESS_BITS = (WORDS > 1) ? $clog2(WORDS) : 1;
  localparam int unsigned BEAT_BITS = (BEATS > 1) ? $clog2(BEATS) : 1;

  // Where a slot begins: n * step for a digit of it, a look-up table per bit where a product would be a multiplier.
  function automatic logic [ADDRESS_BITS-1:0] times(input logic [3:0] n, input int unsigned step);
    times = '0;
    for (int unsigned i = 1; i < 16; i++) if (n == 4'(i)) times = ADDRESS_BITS'(i * step);
  endfunction

  logic [ADDRESS_BITS-1:0] low, high, base;
  always_ff @(posedge clk) begin
    low  <= times(slot[3:0], BEATS);
    high <= times(slot[7:4], 16 * BEATS);
    base <= low + high;
  end

  logic [BEAT_BITS-1:0] left;
  logic first, write;
  logic [ADDRESS_BITS-1:0] write_at;
  logic [WIDTH-1:0] write_data;
  assign s_ready = 1'b1;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      first  <= 1'b1;
      left   <= BEAT_BITS'(BEATS - 1);
      write  <= 1'b0;
      stored <= 1'b0;
    end else begin
      write  <= s_valid;
      stored <= s_valid && left == '0;
      if (s_valid) begin
        first <= left == '0;
        left  <= (left == '0) ? BEAT_BITS'(BEATS - 1) : left - 1'b1;
      end
    end
    if (s_valid) begin
      write_at   <= first ? base : write_at + 1'b1;
      write_data <= s_data;
    end
  end

  logic read;
  logic [ADDRESS_BITS-1:0] read_at;
  logic [WIDTH-1:0] read_data;
  offramp_ram #(
    .WIDTH(WIDTH),
    .WORDS(WORDS)
  ) maps (
    .clk,
    .write,
    .write_at,
    .write_data,
    .read,
    .read_at,
    .read_data
  );
  offramp_player #(
    .WIDTH(WIDTH),
    .WORDS(BEATS),
    .ADDRESS_BITS(ADDRESS_BITS)
  ) player (
    .clk,
    .rst_n,
    .start,
    .from(base),
    .read,
    .read_at,
    .read_data,
    .m_data,
    .m_valid,
    .m_ready,
    .begun
  );

endmodule
