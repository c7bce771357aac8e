// Cuts the bytes of a word stream into the beats of a stage.
//
// Bytes follow each other without gaps from the first word of a transfer (ended by s_last) on, so a beat may begin
// anywhere in a word. A transfer holds any number of whole frames; a frame that its end cuts short is filled up with
// zeros, so the next transfer begins with a new frame. Such a transfer is counted, and one in which a word before the
// last is not full, or bytes are kept above one that is not.
module offramp_words_to_beats #(
  parameter int unsigned WORD_BYTES = 8,
  parameter int unsigned BEAT_BYTES = 1,
  parameter int unsigned BEATS = 1  // of a frame
) (
  input  logic                    clk,
  input  logic                    rst_n,
  input  logic [8*WORD_BYTES-1:0] s_data,
  input  logic [  WORD_BYTES-1:0] s_keep,
  input  logic                    s_last,
  input  logic                    s_valid,
  output logic                    s_ready,  // depends on m_ready
  output logic [8*BEAT_BYTES-1:0] m_data,
  output logic                    m_valid,
  input  logic                    m_ready,
  output logic                    begun,    // a pulse: the first beat of a frame is taken
  output logic                    cut       // a pulse: a transfer had anything but whole frames
);

  if (WORD_BYTES < 1 || BEAT_BYTES < 1 || BEATS < 1) begin : gen_bad_sizes
    $error("offramp_words_to_beats: WORD_BYTES, BEAT_BYTES and BEATS must be at least 1");
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
  localparam int unsigned COUNT_BITS = $clog2(ROOM + 1);
  localparam int unsigned INDEX_BITS = (BEATS > 1) ? $clog2(BEATS) : 1;
  typedef logic [COUNT_BITS-1:0] count_t;

  logic [ROOM*UNIT-1:0] units;  // zeros behind those that are held
  count_t held;
  logic [INDEX_BITS-1:0] index;  // of the beat that is shown next
  logic ending;  // the last word of a transfer was taken, not all of its beats
  logic padding;
  logic ragged;  // a word of the transfer was not as it must be

  logic whole, take, push, over;
  assign whole = held >= count_t'(BEAT);
  assign over = held == '0 && index == '0;
  assign m_valid = whole || padding;
  assign m_data = units[BEAT*UNIT-1:0];
  assign take = m_valid && m_ready;
  assign cut = ending && !padding && !whole && (!over || ragged);

  count_t rest;
  logic [ROOM*UNIT-1:0] rest_units;
  assign rest = !take ? held : whole ? held - count_t'(BEAT) : '0;
  assign rest_units = take ? units >> BEAT * UNIT : units;
  assign s_ready = !ending && rest < count_t'(BEAT);
  assign push = s_valid && s_ready;

  count_t kept;
  logic [WORD*UNIT-1:0] word;
  logic [WORD_BYTES-1:0] known;  // the bytes that count
  always_comb begin
    kept  = '0;
    word  = '0;
    known = '0;
    for (int unsigned i = 0; i < WORD; i++) begin
      if (kept == count_t'(i) && s_keep[i*UNIT_BYTES]) begin
        kept = count_t'(i + 1);
        word[i*UNIT+:UNIT] = s_data[i*UNIT+:UNIT];
        known[i*UNIT_BYTES+:UNIT_BYTES] = '1;
      end
    end
  end

  logic [ROOM*UNIT-1:0] placed;
  always_comb begin
    placed = '0;
    for (int unsigned i = 0; i < BEAT; i++) if (rest == count_t'(i)) placed[i*UNIT+:WORD*UNIT] = word;
  end

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      held    <= '0;
      index   <= '0;
      ending  <= 1'b0;
      padding <= 1'b0;
      ragged  <= 1'b0;
      units   <= '0;
      begun   <= 1'b0;
    end else begin
      held  <= push ? rest + kept : rest;
      units <= push ? rest_units | placed : rest_units;
      if (take) index <= (index == INDEX_BITS'(BEATS - 1)) ? '0 : index + 1'b1;
      begun <= take && index == '0;
      if (push && s_last) ending <= 1'b1;
      else if (over && !ragged) ending <= 1'b0;
      if (push && (s_keep != known || (!s_last && !(&s_keep)))) ragged <= 1'b1;
      else if (cut) ragged <= 1'b0;
      if (cut && !over) padding <= 1'b1;
      else if (take && index == INDEX_BITS'(BEATS - 1)) padding <= 1'b0;
    end
  end

endmodule
