// Joins the beats of a stage to words: the bytes of a frame without gaps, from the first byte of a word on.
//
// The last word of a frame has m_last, and in m_keep its bytes, from bit 0 up; all other words are full.
module offramp_beats_to_words #(
  parameter int unsigned WORD_BYTES = 8,
  parameter int unsigned BEAT_BYTES = 1,
  parameter int unsigned BEATS = 1  // of a frame
) (
  input  logic                    clk,
  input  logic                    rst_n,
  input  logic [8*BEAT_BYTES-1:0] s_data,
  input  logic                    s_valid,
  output logic                    s_ready,  // depends on m_ready
  output logic [8*WORD_BYTES-1:0] m_data,
  output logic [  WORD_BYTES-1:0] m_keep,
  output logic                    m_last,
  output logic                    m_valid,
  input  logic                    m_ready
);

  if (WORD_BYTES < 1 || BEAT_BYTES < 1 || BEATS < 1) begin : gen_bad_sizes
    $error("offramp_beats_to_words: WORD_BYTES, BEAT_BYTES and BEATS must be at least 1");
  end

  function automatic int unsigned divisor(input int unsigned a, input int unsigned b);
    divisor = a;
    for (int unsigned i = 1; i <= a; i++) if (a % i == 0 && b % i == 0) divisor = i;
  endfunction

  // The largest piece that neither words nor beats break.
  localparam int unsigned UNIT_BYTES = divisor(WORD_BYTES, BEAT_BYTES);
  localparam int unsigned UNIT = 8 * UNIT_BYTES;
  localparam int unsigned WORD = WORD_BYTES / UNIT_BYTES;
  localparam int unsigned BEAT = BEAT_BYTES / UNIT_BYTES;
  localparam int unsigned ROOM = WORD + BEAT - 1;
  localparam int unsigned COUNT_BITS = $clog2(ROOM + 2);
  localparam int unsigned INDEX_BITS = (BEATS > 1) ? $clog2(BEATS) : 1;
  typedef logic [COUNT_BITS-1:0] count_t;

  logic [ROOM*UNIT-1:0] units;  // zeros behind those that are held
  count_t held;
  logic [INDEX_BITS-1:0] index;  // of the beat that comes next
  logic ending;  // the last beat of a frame was taken

  logic full, take, push;
  assign full = held >= count_t'(WORD);
  assign m_valid = full || ending;
  assign m_last = ending && held <= count_t'(WORD);
  assign m_data = units[WORD*UNIT-1:0];
  always_comb begin
    for (int unsigned i = 0; i < WORD; i++) m_keep[i*UNIT_BYTES+:UNIT_BYTES] = {UNIT_BYTES{count_t'(i) < held}};
  end
  assign take = m_valid && m_ready;

  count_t rest;
  logic [ROOM*UNIT-1:0] rest_units;
  assign rest = !take ? held : full ? held - count_t'(WORD) : '0;
  assign rest_units = take ? units >> WORD * UNIT : units;
  assign s_ready = (take && m_last) || (!ending && rest < count_t'(WORD));
  assign push = s_valid && s_ready;

  logic [ROOM*UNIT-1:0] placed;
  always_comb begin
    placed = '0;
    for (int unsigned i = 0; i < WORD; i++) if (rest == count_t'(i)) placed[i*UNIT+:BEAT*UNIT] = s_data;
  end

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      held   <= '0;
      index  <= '0;
      ending <= 1'b0;
      units  <= '0;
    end else begin
      held  <= push ? rest + count_t'(BEAT) : rest;
      units <= push ? rest_units | placed : rest_units;
      if (push) index <= (index == INDEX_BITS'(BEATS - 1)) ? '0 : index + 1'b1;
      if (push) ending <= index == INDEX_BITS'(BEATS - 1);
      else if (take && m_last) ending <= 1'b0;
    end
  end

endmodule
