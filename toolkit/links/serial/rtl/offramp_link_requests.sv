// Keeps requests from the packet receiver until they are executed, one after the other.
//
// BUFFERS whole requests have room. When as many wait, a further one is kept without its payload and with fault 5,
// and so is what is wrong with a packet, so that everything is answered in order. Twice BUFFERS entries have room;
// what comes then is lost.
//
// The first entry's header is read byte by byte: place 0 and 7 tag (high, low), 1 fault, 2 kind, 3 and 4 sequence,
// 5 stage, 6 slot. Its payload is played as the words of stage 0's input.
module offramp_link_requests #(
  parameter int unsigned BUFFERS = 4,
  parameter int unsigned IMAGE_BYTES = 784,
  parameter int unsigned WORD_BYTES = 1
) (
  input  logic                    clk,
  input  logic                    rst_n,
  // From the packet receiver.
  input  logic                    packet_start,
  input  logic [             7:0] data,
  input  logic                    header_write,
  input  logic [             2:0] header_place,
  input  logic                    payload_write,
  input  logic                    commit,
  input  logic [             2:0] fault,
  output logic                    overrun,        // a pulse: one was refused or lost
  // To the executor.
  output logic                    waiting,        // there is a first entry
  input  logic                    retire,         // the first entry is done with
  input  logic [             2:0] read_place,
  output logic [             7:0] read_data,      // two cycles later
  input  logic                    play,
  input  logic                    player_rst_n,
  output logic [8*WORD_BYTES-1:0] image_data,
  output logic                    image_valid,
  input  logic                    image_ready,
  output logic                    image_begun     // a pulse, the cycle after the first word was taken
);

  if (BUFFERS < 1 || (BUFFERS & (BUFFERS - 1)) != 0) begin : gen_bad_buffers
    $error("offramp_link_requests: BUFFERS must be a power of two");
  end
  if (WORD_BYTES < 1 || IMAGE_BYTES % WORD_BYTES != 0) begin : gen_bad_word
    $error("offramp_link_requests: WORD_BYTES must divide IMAGE_BYTES");
  end

  localparam int unsigned WIDTH = 8 * WORD_BYTES;
  localparam int unsigned WORDS = IMAGE_BYTES / WORD_BYTES;
  localparam int unsigned WORD_INDEX_BITS = (WORDS > 1) ? $clog2(WORDS) : 1;
  localparam int unsigned ENTRY_BITS = $clog2(2 * BUFFERS);
  localparam int unsigned ADDRESS_BITS = $clog2(BUFFERS * 2 ** WORD_INDEX_BITS);

  logic [ENTRY_BITS:0] count;
  logic [ENTRY_BITS-1:0] head, tail;
  logic busy, full;  // as they were when the packet began
  logic refused, keep;
  assign refused = fault == '0 && busy;
  assign keep = commit && !full;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      count   <= '0;
      head    <= '0;
      tail    <= '0;
      busy    <= 1'b0;
      full    <= 1'b0;
      waiting <= 1'b0;
      overrun <= 1'b0;
    end else begin
      count <= count + (ENTRY_BITS + 1)'(keep) - (ENTRY_BITS + 1)'(retire);
      if (keep) tail <= tail + 1'b1;
      if (retire) head <= head + 1'b1;
      if (packet_start) begin
        busy <= count >= (ENTRY_BITS + 1)'(BUFFERS);
        full <= count[ENTRY_BITS];
      end
      waiting <= count != '0 && !retire;
      overrun <= commit && (full || refused);
    end
  end

  logic [7:0] header;
  offramp_ram #(
    .WIDTH(8),
    .WORDS(16 * BUFFERS)
  ) headers (
    .clk,
    .write((header_write && !full) || keep),
    .write_at({tail, keep ? 3'd1 : header_place}),
    .write_data(keep ? {5'd0, refused ? 3'(offramp_serial_pkg::REFUSED_BUSY) : fault} : data),
    .read(1'b1),
    .read_at({head, read_place}),
    .read_data(header)
  );
  always_ff @(posedge clk) read_data <= header;  // block RAM is slow

  // Words are put together from bytes, the first lowest.
  logic [WIDTH-1:0] word;
  logic word_write;
  logic [WORD_INDEX_BITS-1:0] word_index;
  if (WORD_BYTES == 1) begin : gen_bytes
    always_ff @(posedge clk) begin
      if (payload_write) word <= data;
      word_write <= payload_write && !busy;
    end
  end else begin : gen_words
    localparam int unsigned LANE_BITS = $clog2(WORD_BYTES);
    logic [LANE_BITS-1:0] lane;
    logic last;
    assign last = lane == LANE_BITS'(WORD_BYTES - 1);
    always_ff @(posedge clk) begin
      if (packet_start) lane <= '0;
      else if (payload_write) lane <= last ? '0 : lane + 1'b1;
      if (payload_write) word <= {data, word[WIDTH-1:8]};
      word_write <= payload_write && last && !busy;
    end
  end
  always_ff @(posedge clk) begin
    if (packet_start) word_index <= '0;
    else if (word_write) word_index <= word_index + 1'b1;
  end

  // The buffers of entries BUFFERS apart are the same: the later one found it busy, or the earlier one is done with.
  logic [ADDRESS_BITS-1:0] write_at, from, read_at;
  if (BUFFERS == 1) begin : gen_single
    assign write_at = word_index;
    assign from = '0;
  end else begin : gen_several
    assign write_at = {tail[ENTRY_BITS-2:0], word_index};
    assign from = {head[ENTRY_BITS-2:0], WORD_INDEX_BITS'(0)};
  end
  logic read;
  logic [WIDTH-1:0] read_word;
  offramp_ram #(
    .WIDTH(WIDTH),
    .WORDS(BUFFERS * 2 ** WORD_INDEX_BITS)
  ) images (
    .clk,
    .write(word_write),
    .write_at,
    .write_data(word),
    .read,
    .read_at,
    .read_data(read_word)
  );
  offramp_player #(
    .WIDTH(WIDTH),
    .WORDS(WORDS),
    .ADDRESS_BITS(ADDRESS_BITS)
  ) player (
    .clk,
    .rst_n(player_rst_n),
    .start(play),
    .from,
    .read,
    .read_at,
    .read_data(read_word),
    .m_data(image_data),
    .m_valid(image_valid),
    .m_ready(image_ready),
    .begun(image_begun)
  );

endmodule
