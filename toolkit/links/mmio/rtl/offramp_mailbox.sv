// Two rings of words between a processor and streams of bytes, one each way.
//
// A ring has WORDS words, which a processor writes or reads in any order and as often as it likes, and two positions,
// counted in words without end: how far it has been filled, and how far emptied. Each side moves one of them, so no
// access depends on another's being done once. Addresses are those of toolkit/links/mmio/registers.py.
//
// To the chip each word is four bytes, the lowest first. From the chip a word ends with its fourth byte or with
// s_last; what it lacks is 0.
module offramp_mailbox (
  input  logic        clk,
  input  logic        rst_n,
  input  logic        write,
  input  logic [10:0] write_at,    // of a word
  input  logic [31:0] write_data,
  input  logic [10:0] read_at,
  output logic [31:0] read_data,   // a cycle later
  output logic [ 7:0] m_data,
  output logic        m_valid,
  input  logic        m_ready,
  input  logic [ 7:0] s_data,
  input  logic        s_valid,
  input  logic        s_last,
  output logic        s_ready
);

  localparam int unsigned WORDS = offramp_mmio_pkg::WORDS;
  localparam int unsigned INDEX_BITS = $clog2(WORDS);
  typedef logic [15:0] position_t;

  position_t in_filled, in_emptied, out_filled, out_emptied;
  logic in_window;
  assign in_window = write_at[10];
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      in_filled   <= '0;
      out_emptied <= '0;
    end else if (write) begin
      if (32'(write_at) == offramp_mmio_pkg::IN_FILLED_AT) in_filled <= write_data[15:0];
      if (32'(write_at) == offramp_mmio_pkg::OUT_EMPTIED_AT) out_emptied <= write_data[15:0];
    end
  end

  // To the chip.
  logic fetch, fetched;
  logic [31:0] in_word, word;
  logic [2:0] left;  // bytes of the word that are still to go
  offramp_ram #(
    .WIDTH(32),
    .WORDS(WORDS)
  ) in_ring (
    .clk,
    .write(write && in_window),
    .write_at(write_at[INDEX_BITS-1:0]),
    .write_data,
    .read(fetch),
    .read_at(in_emptied[INDEX_BITS-1:0]),
    .read_data(in_word)
  );
  assign fetch = left == '0 && !fetched && in_emptied != in_filled;
  assign m_valid = left != '0;
  assign m_data = word[7:0];
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      fetched    <= 1'b0;
      left       <= '0;
      in_emptied <= '0;
    end else begin
      fetched <= fetch;
      if (fetched) begin
        left       <= 3'd4;
        in_emptied <= in_emptied + 1'b1;
      end else if (m_valid && m_ready) begin
        left <= left - 1'b1;
      end
    end
    if (fetched) word <= in_word;
    else if (m_ready) word <= {8'd0, word[31:8]};
  end

  // From the chip.
  logic [3:0][7:0] out_word;
  logic [1:0] lane;
  logic full, store;
  logic [31:0] out_read;
  assign s_ready = !full && !store;
  offramp_ram #(
    .WIDTH(32),
    .WORDS(WORDS)
  ) out_ring (
    .clk,
    .write(store),
    .write_at(out_filled[INDEX_BITS-1:0]),
    .write_data(out_word),
    .read(1'b1),
    .read_at(read_at[INDEX_BITS-1:0]),
    .read_data(out_read)
  );
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      store      <= 1'b0;
      lane       <= '0;
      full       <= 1'b0;
      out_filled <= '0;
    end else begin
      store <= s_valid && s_ready && (s_last || lane == '1);
      if (s_valid && s_ready) lane <= s_last ? '0 : lane + 1'b1;
      if (store) out_filled <= out_filled + 1'b1;
      full <= 16'(out_filled - out_emptied) >= 16'(WORDS) - 16'd1;
    end
    if (s_valid && s_ready) begin
      if (lane == '0) out_word <= 32'(s_data);
      else out_word[lane] <= s_data;
    end
  end

  // What is read.
  logic [31:0] register;
  logic out_window;
  always_ff @(posedge clk) begin
    out_window <= read_at[10];
    unique case (32'(read_at))
      offramp_mmio_pkg::IDENTITY_AT: register <= offramp_mmio_pkg::IDENTITY;
      offramp_mmio_pkg::VERSION_AT: register <= offramp_mmio_pkg::VERSION;
      offramp_mmio_pkg::WORDS_AT: register <= 32'(WORDS);
      offramp_mmio_pkg::IN_FILLED_AT: register <= 32'(in_filled);
      offramp_mmio_pkg::IN_EMPTIED_AT: register <= 32'(in_emptied);
      offramp_mmio_pkg::OUT_FILLED_AT: register <= 32'(out_filled);
      offramp_mmio_pkg::OUT_EMPTIED_AT: register <= 32'(out_emptied);
      default: register <= '0;
    endcase
  end
  assign read_data = out_window ? out_read : register;

endmodule
