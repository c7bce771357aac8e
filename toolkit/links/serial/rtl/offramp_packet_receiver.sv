// Finds request packets in a byte stream and checks them. A byte must come with s_ready, which comes back within 16
// cycles: a sender that is slower than that need not look at it.
//
// Every packet ends with a pulse of commit and what is wrong with it: 0 nothing, 1 CRC, 2 version, 4 length. A wrong
// version or length ends it with its header; then the next sync byte is looked for. A packet without a byte for
// IDLE_CYCLES is given up: a pulse of abandoned, no commit.
//
// Bytes 2 to 8 of a packet, the header without version and length, are written with their place; the payload follows
// byte by byte. Both come before it is known whether they are right.
module offramp_packet_receiver #(
  parameter int unsigned IDLE_CYCLES = 4000,
  parameter int unsigned IMAGE_BYTES = 784
) (
  input  logic       clk,
  input  logic       rst_n,
  input  logic [7:0] s_data,
  input  logic       s_valid,
  output logic       s_ready,
  output logic       start,          // a packet begins
  output logic [7:0] data,           // a byte of header or payload
  output logic       header_write,
  output logic [2:0] header_place,   // modulo 8
  output logic       payload_write,
  output logic       commit,
  output logic [2:0] fault,
  output logic       abandoned
);

  if (IDLE_CYCLES < 2) begin : gen_bad_idle
    $error("offramp_packet_receiver: IDLE_CYCLES must be at least 2");
  end
  if (IMAGE_BYTES < 1 || IMAGE_BYTES > 65535) begin : gen_bad_image
    $error("offramp_packet_receiver: IMAGE_BYTES must be 1 to 65535");
  end

  localparam logic [3:0] LAST_PLACE = 4'd10;
  localparam logic [31:0] RESIDUE = 32'hdebb20e3;
  localparam int unsigned LEFT_BITS = $clog2(IMAGE_BYTES + 1);
  localparam int unsigned IDLE_BITS = $clog2(IDLE_CYCLES + 1);

  typedef enum logic [2:0] {
    HUNT,
    HEADER,
    MEASURE,
    DECIDE,
    PAYLOAD,
    CHECK,
    COMPARE,
    JUDGE
  } state_t;
  state_t state;

  logic [3:0] place;
  logic [15:0] length;
  logic [LEFT_BITS-1:0] left;  // payload bytes that are still to come
  logic wrong_version, wrong_length;
  logic known, run;
  logic [1:0] check_place;

  logic crc_ready, crc_right;
  logic [31:0] crc;
  logic again;  // a sync byte where the version should be: the one before was none
  assign again = place == 4'd1 && s_data == offramp_serial_pkg::SYNC;
  offramp_crc32 check (
    .clk,
    .clear(!rst_n || state == HUNT),
    .s_data,
    .s_valid(s_valid && !(state == HEADER && again)),
    .s_ready(crc_ready),
    .crc
  );

  logic [IDLE_BITS-1:0] idle;
  logic waits, idle_over;
  assign waits = state == HEADER || state == PAYLOAD || state == CHECK;
  assign s_ready = state == HUNT || (waits && crc_ready);
  always_ff @(posedge clk) begin
    idle      <= (s_valid || !waits) ? IDLE_BITS'(IDLE_CYCLES) : idle - 1'b1;
    idle_over <= waits && !s_valid && idle == IDLE_BITS'(1);
  end

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      state     <= HUNT;
      abandoned <= 1'b0;
    end else begin
      abandoned <= 1'b0;
      unique case (state)
        HUNT: if (s_valid && s_data == offramp_serial_pkg::SYNC) state <= HEADER;
        HEADER: if (s_valid && place == LAST_PLACE) state <= MEASURE;
        MEASURE: state <= DECIDE;
        DECIDE:
        if (wrong_version || wrong_length) state <= HUNT;
        else state <= (left == '0) ? CHECK : PAYLOAD;
        PAYLOAD: if (s_valid && left == LEFT_BITS'(1)) state <= CHECK;
        CHECK: if (s_valid && check_place == '1) state <= COMPARE;
        COMPARE: if (crc_ready) state <= JUDGE;
        default: state <= HUNT;
      endcase
      if (idle_over && !s_valid && waits) begin
        state     <= HUNT;
        abandoned <= 1'b1;
      end
    end
  end

  // COMPARE lasts until the cycle after the one in which the last byte's CRC is there.
  always_ff @(posedge clk) begin
    crc_right <= crc == RESIDUE;

    if (state == HUNT) place <= 4'd1;
    else if (state == HEADER && s_valid && !again) place <= place + 1'b1;
    if (state == HEADER && s_valid) begin
      if (place == 4'd1) wrong_version <= s_data != offramp_serial_pkg::VERSION;
      if (place == 4'd2) run <= s_data == offramp_serial_pkg::RUN;
      if (place == 4'd2) known <= s_data != '0 && s_data <= offramp_serial_pkg::LAST_KIND;
      if (place >= 4'd9) length <= {s_data, length[15:8]};
    end
    if (state == MEASURE) left <= length[LEFT_BITS-1:0];
    else if (state == PAYLOAD && s_valid) left <= left - 1'b1;
    // An unknown kind is refused later, when its CRC is known.
    if (!known) wrong_length <= length > 16'(IMAGE_BYTES);
    else wrong_length <= length != (run ? 16'(IMAGE_BYTES) : 16'd0);

    if (state == HUNT) check_place <= '0;
    else if (state == CHECK && s_valid) check_place <= check_place + 1'b1;
  end

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      start         <= 1'b0;
      header_write  <= 1'b0;
      payload_write <= 1'b0;
      commit        <= 1'b0;
    end else begin
      start         <= s_valid && state == HEADER && place == 4'd1;
      header_write  <= s_valid && state == HEADER && place >= 4'd2 && place <= 4'd8;
      payload_write <= s_valid && state == PAYLOAD;
      commit        <= state == JUDGE || (state == DECIDE && (wrong_version || wrong_length));
    end
    data         <= s_data;
    header_place <= place[2:0];
    if (state == JUDGE) fault <= crc_right ? 3'd0 : 3'(offramp_serial_pkg::REFUSED_CRC);
    else fault <= wrong_version ? 3'(offramp_serial_pkg::REFUSED_VERSION) : 3'(offramp_serial_pkg::REFUSED_LENGTH);
  end

endmodule
