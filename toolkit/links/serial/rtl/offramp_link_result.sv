// What a stage answered, as bytes: its two numbers of cycles, then the beats of its logits; and the class they mean.
//
// Beats are shifted out bit by bit, a byte at a time, and every bit passes the argmax on its way.
module offramp_link_result #(
  parameter int unsigned STAGES = 2,
  parameter int unsigned OUT_WIDTH = 16,
  parameter logic [STAGES-1:0][31:0] OUT_BYTES = {STAGES{32'd2}},
  parameter logic [STAGES-1:0][31:0] OUT_BEATS = {STAGES{32'd1}},
  parameter logic [STAGES-1:0][31:0] OUT_ELEMENT_BITS = {STAGES{32'd16}},
  parameter logic [STAGES-1:0][31:0] OUT_LANES = {STAGES{32'd1}},
  parameter int unsigned BEAT_BITS = 4,
  parameter int unsigned BEATS = 10,         // the most of a stage
  parameter int unsigned ELEMENT_BITS = 16,  // the most of a stage
  localparam int unsigned STAGE_BITS = (STAGES > 1) ? $clog2(STAGES) : 1
) (
  input  logic                  clk,
  input  logic                  rst_n,
  input  logic [STAGE_BITS-1:0] stage,
  input  logic                  beat_write,
  input  logic [ BEAT_BITS-1:0] beat_at,
  input  logic [ OUT_WIDTH-1:0] beat_data,
  input  logic [          31:0] cycles_logits,
  input  logic [          31:0] cycles_map,
  input  logic                  start,
  output logic [           7:0] m_data,
  output logic                  m_valid,
  input  logic                  m_ready,
  output logic                  done,           // all bytes were taken
  output logic [           3:0] index           // of the greatest logit
);

  localparam int unsigned PLACE_BITS = (ELEMENT_BITS > 1) ? $clog2(ELEMENT_BITS) : 1;
  localparam int unsigned BYTE_BITS = (OUT_WIDTH > 8) ? $clog2((OUT_WIDTH + 7) / 8) : 1;
  localparam int unsigned LANE_BITS = $clog2(OUT_WIDTH + 1);

  typedef enum logic [2:0] {
    DONE,
    STAMPS,
    FETCH,
    CATCH,
    LOAD,
    BYTE,
    BITS
  } state_t;
  state_t state;

  logic [2:0] count;  // of the stamps' bytes, of a byte's bits
  logic [BEAT_BITS-1:0] beats_left;
  logic [BYTE_BITS-1:0] bytes_left;
  logic [LANE_BITS-1:0] lanes_left;
  logic [PLACE_BITS-1:0] place, first_place;
  logic [OUT_WIDTH-1:0] read_data, beat, shift;
  logic [63:0] stamps;
  assign stamps = {cycles_map, cycles_logits};
  assign done = state == DONE;
  assign m_valid = state == STAMPS || state == BYTE;
  assign m_data = (state == STAMPS) ? stamps[8*count+:8] : 8'(shift);

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      state <= DONE;
    end else begin
      unique case (state)
        STAMPS: if (m_ready && count == '1) state <= FETCH;
        FETCH: state <= CATCH;
        CATCH: state <= LOAD;
        LOAD: state <= BYTE;
        BYTE: if (m_ready) state <= BITS;
        BITS:
        if (count == '1) begin
          if (bytes_left != '0) state <= BYTE;
          else state <= (beats_left != '0) ? FETCH : DONE;
        end
        default: if (start) state <= STAMPS;
      endcase
    end
  end

  logic element;  // the bit is one of an element
  logic sign;
  assign element = state == BITS && lanes_left != '0;
  assign sign = place == PLACE_BITS'(ELEMENT_BITS - 1);
  always_ff @(posedge clk) begin
    if (state == DONE) count <= '0;
    else if (state == BITS || (state == STAMPS && m_ready)) count <= count + 1'b1;

    first_place <= PLACE_BITS'(ELEMENT_BITS - OUT_ELEMENT_BITS[stage]);
    if (state == STAMPS) beats_left <= BEAT_BITS'(OUT_BEATS[stage] - 32'd1);
    else if (state == BITS && count == '1 && bytes_left == '0) beats_left <= beats_left - 1'b1;

    beat <= read_data;  // block RAM is slow
    if (state == LOAD) begin
      bytes_left <= BYTE_BITS'(OUT_BYTES[stage] - 32'd1);
      lanes_left <= LANE_BITS'(OUT_LANES[stage]);
      place      <= first_place;
      shift      <= beat;
    end else if (state == BITS) begin
      if (count == '1) bytes_left <= bytes_left - 1'b1;
      if (element) begin
        place <= sign ? first_place : place + 1'b1;
        if (sign) lanes_left <= lanes_left - 1'b1;
      end
      shift <= shift >> 1;
    end
  end

  offramp_ram #(
    .WIDTH(OUT_WIDTH),
    .WORDS(BEATS)
  ) logits (
    .clk,
    .write(beat_write),
    .write_at(beat_at),
    .write_data(beat_data),
    .read(state == FETCH),
    .read_at(beats_left),
    .read_data
  );

  offramp_argmax #(
    .ELEMENT_BITS(ELEMENT_BITS),
    .INDEX_BITS(4)
  ) argmax (
    .clk,
    .clear(state == STAMPS),
    .s_bit(shift[0]),
    .s_place(place),
    .s_valid(element),
    .index
  );

endmodule
