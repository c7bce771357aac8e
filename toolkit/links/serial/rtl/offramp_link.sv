// The device's end of a link of packets: requests from a stream of bytes to the stages of a cascade, replies back.
//
// What carries the bytes is outside: a serial line, which gives a byte whether rx_ready or not, but slowly enough; or
// memory of a processor.
// Kinds, packets and payloads are described in docs/serial.md. Whole requests with the right CRC are executed in
// order, so that the stages never see a part of a frame. map_begun and map_stored come from offramp_map_buffer, one
// cycle after what they tell.
module offramp_link #(
  parameter int unsigned STAGES = 2,
  parameter int unsigned IDLE_CYCLES = 60000,
  parameter int unsigned WATCHDOG_CYCLES = 60000000,
  parameter int unsigned CLOCK_KHZ = 60000,
  parameter int unsigned BUFFERS = 4,
  parameter int unsigned SLOTS = 32,
  parameter int unsigned IMAGE_BYTES = 784,
  parameter int unsigned IN_BYTES = 1,    // of a beat of stage 0
  parameter int unsigned OUT_WIDTH = 16,  // of the widest logits, in bits
  parameter logic [255:0] DIGEST = '0,    // as its hex string reads
  parameter logic [STAGES-1:0][31:0] OUT_BYTES = {STAGES{32'd2}},  // of a beat of each stage's logits
  parameter logic [STAGES-1:0][31:0] OUT_BEATS = {STAGES{32'd10}},
  parameter logic [STAGES-1:0][31:0] OUT_ELEMENT_BITS = {STAGES{32'd16}},
  parameter logic [STAGES-1:0][31:0] OUT_LANES = {STAGES{32'd1}}
) (
  input  logic                             clk,
  input  logic                             rst_n,
  input  logic [7:0]                       rx_data,
  input  logic                             rx_valid,
  output logic                             rx_ready,
  output logic [7:0]                       tx_data,
  output logic                             tx_valid,
  output logic                             tx_last,    // of a packet
  input  logic                             tx_ready,
  output logic [7:0]                       led,
  output logic                             stage_rst_n,
  output logic [8*IN_BYTES-1:0]            image_data,
  output logic                             image_valid,
  input  logic                             image_ready,
  input  logic [STAGES-1:0][OUT_WIDTH-1:0] logits_data,
  input  logic [STAGES-1:0]                logits_valid,
  output logic [STAGES-1:0]                logits_ready,
  output logic [7:0]                       slot,
  output logic [STAGES-1:0]                map_start,
  input  logic [STAGES-1:0]                map_begun,
  input  logic [STAGES-1:0]                map_stored
);

  typedef logic [STAGES-1:0][31:0] per_stage_t;
  function automatic int unsigned most(input per_stage_t values);
    most = 1;
    for (int k = 0; k < int'(STAGES); k++) if (values[k] > most) most = values[k];
  endfunction
  function automatic per_stage_t frame_bytes();
    for (int k = 0; k < int'(STAGES); k++) frame_bytes[k] = OUT_BYTES[k] * OUT_BEATS[k];
  endfunction

  localparam int unsigned STAGE_BITS = (STAGES > 1) ? $clog2(STAGES) : 1;
  localparam int unsigned BEATS = most(OUT_BEATS);
  localparam int unsigned BEAT_BITS = (BEATS > 1) ? $clog2(BEATS) : 1;
  localparam int unsigned ELEMENT_BITS = most(OUT_ELEMENT_BITS);
  localparam per_stage_t LOGITS_BYTES = frame_bytes();
  localparam int unsigned INFO_BYTES = 42 + 2 * STAGES;
  localparam int unsigned COUNTERS_BYTES = 16 + 12 * STAGES;
  // No payload is longer than all kinds of them together.
  localparam int unsigned LENGTH_BITS = $clog2(COUNTERS_BYTES + INFO_BYTES + most(LOGITS_BYTES) + 9);

  for (genvar k = 0; k < STAGES; k++) begin : gen_sizes
    if (OUT_BYTES[k] < 1 || 8 * OUT_BYTES[k] > OUT_WIDTH || OUT_BEATS[k] < 1) begin : gen_bad_beats
      $error("offramp_link: OUT_BYTES must be 1 to OUT_WIDTH / 8, OUT_BEATS at least 1");
    end
    if (OUT_ELEMENT_BITS[k] < 1 || OUT_LANES[k] < 1 || OUT_ELEMENT_BITS[k] * OUT_LANES[k] > 8 * OUT_BYTES[k])
    begin : gen_bad_lanes
      $error("offramp_link: OUT_LANES elements of OUT_ELEMENT_BITS must fit into OUT_BYTES");
    end
    if (LOGITS_BYTES[k] > 32'd65000 || LENGTH_BITS > 16) begin : gen_bad_frame
      $error("offramp_link: the logits of a frame must fit into a packet");
    end
  end

  typedef logic [8*INFO_BYTES-1:0] info_t;
  function automatic info_t info();
    for (int i = 0; i < 32; i++) info[8*i+:8] = DIGEST[255-8*i-:8];
    info[8*32+:32] = 32'(CLOCK_KHZ);
    info[8*36+:8]  = 8'(STAGES);
    info[8*37+:8]  = 8'(BUFFERS);
    info[8*38+:16] = 16'(SLOTS);
    info[8*40+:16] = 16'(IMAGE_BYTES);
    for (int k = 0; k < int'(STAGES); k++) info[8*42+16*k+:16] = 16'(LOGITS_BYTES[k]);
  endfunction

  // From bytes to requests.
  logic packet_start, header_write, payload_write, commit, abandoned;
  logic [7:0] packet_data;
  logic [2:0] packet_place, packet_fault;
  offramp_packet_receiver #(
    .IDLE_CYCLES(IDLE_CYCLES),
    .IMAGE_BYTES(IMAGE_BYTES)
  ) receiver (
    .clk,
    .rst_n,
    .s_data(rx_data),
    .s_valid(rx_valid && rx_ready),
    .s_ready(rx_ready),
    .start(packet_start),
    .data(packet_data),
    .header_write,
    .header_place(packet_place),
    .payload_write,
    .commit,
    .fault(packet_fault),
    .abandoned
  );

  logic overrun, waiting, retire;
  logic executor_reads;
  logic [2:0] executor_place, reply_place;
  logic [7:0] header_data;
  logic [STAGES-1:0] play;
  logic image_begun;
  offramp_link_requests #(
    .BUFFERS(BUFFERS),
    .IMAGE_BYTES(IMAGE_BYTES),
    .WORD_BYTES(IN_BYTES)
  ) requests (
    .clk,
    .rst_n,
    .packet_start,
    .data(packet_data),
    .header_write,
    .header_place(packet_place),
    .payload_write,
    .commit,
    .fault(packet_fault),
    .overrun,
    .waiting,
    .retire,
    .read_place(executor_reads ? executor_place : reply_place),
    .read_data(header_data),
    .play(play[0]),
    .player_rst_n(stage_rst_n),
    .image_data,
    .image_valid,
    .image_ready,
    .image_begun
  );

  // Execution.
  logic run, run_done, run_expired, frame, watchdog;
  logic [STAGE_BITS-1:0] stage;
  logic reply, reply_done, with_result, with_info, with_counters, result_done;
  logic [7:0] reply_kind;
  logic [LENGTH_BITS-1:0] reply_length;
  logic [3:0] reply_fault, result_index;
  offramp_link_executor #(
    .STAGES(STAGES),
    .SLOTS(SLOTS),
    .INFO_BYTES(INFO_BYTES),
    .LENGTH_BITS(LENGTH_BITS),
    .LOGITS_BYTES(LOGITS_BYTES)
  ) executor (
    .clk,
    .rst_n,
    .waiting,
    .retire,
    .header_reads(executor_reads),
    .header_place(executor_place),
    .header_data,
    .stage_rst_n,
    .stage,
    .slot,
    .run,
    .play,
    .run_done,
    .run_expired,
    .frame,
    .watchdog,
    .reply,
    .reply_kind,
    .reply_length,
    .reply_fault,
    .with_result,
    .with_info,
    .with_counters,
    .reply_done,
    .result_done,
    .result_index,
    .led(led[6:0])
  );
  assign map_start = play & ~STAGES'(1);

  logic beat_write;
  logic [BEAT_BITS-1:0] beat_at;
  logic [OUT_WIDTH-1:0] beat_data;
  logic [31:0] cycles_logits, cycles_map;
  offramp_link_run #(
    .STAGES(STAGES),
    .OUT_WIDTH(OUT_WIDTH),
    .OUT_BEATS(OUT_BEATS),
    .WATCHDOG_CYCLES(WATCHDOG_CYCLES),
    .BEAT_BITS(BEAT_BITS)
  ) stage_run (
    .clk,
    .rst_n(stage_rst_n),
    .start(run),
    .stage,
    .logits_data,
    .logits_valid,
    .logits_ready,
    .begun(image_begun || map_begun != '0),
    .stored(map_stored != '0),
    .beat_write,
    .beat_at,
    .beat_data,
    .done(run_done),
    .expired(run_expired),
    .cycles_logits,
    .cycles_map
  );

  // Replies: what their payload is read from, and to bytes.
  logic [7:0] result_data, counters_data, payload_data, body_data;
  logic result_valid, counters_valid, payload_valid, body_valid, body_last;
  logic payload_ready, body_ready;
  offramp_link_result #(
    .STAGES(STAGES),
    .OUT_WIDTH(OUT_WIDTH),
    .OUT_BYTES(OUT_BYTES),
    .OUT_BEATS(OUT_BEATS),
    .OUT_ELEMENT_BITS(OUT_ELEMENT_BITS),
    .OUT_LANES(OUT_LANES),
    .BEAT_BITS(BEAT_BITS),
    .BEATS(BEATS),
    .ELEMENT_BITS(ELEMENT_BITS)
  ) result (
    .clk,
    .rst_n,
    .stage,
    .beat_write,
    .beat_at,
    .beat_data,
    .cycles_logits,
    .cycles_map,
    .start(reply && with_result),
    .m_data(result_data),
    .m_valid(result_valid),
    .m_ready(payload_ready),
    .done(result_done),
    .index(result_index)
  );

  offramp_link_counters #(
    .STAGES(STAGES),
    .INFO_BYTES(INFO_BYTES),
    .INFO(info())
  ) counters (
    .clk,
    .rst_n,
    .events({watchdog, abandoned, overrun, commit && packet_fault == 3'(offramp_serial_pkg::REFUSED_CRC)}),
    .frame,
    .stage,
    .cycles(cycles_logits),
    .read(!reply_done && (with_info || with_counters)),
    .read_info(with_info),
    .m_data(counters_data),
    .m_valid(counters_valid),
    .m_ready(payload_ready)
  );

  always_comb begin
    if (with_result) {payload_valid, payload_data} = {result_valid, result_data};
    else if (with_info || with_counters) {payload_valid, payload_data} = {counters_valid, counters_data};
    else {payload_valid, payload_data} = {1'b1, 4'd0, reply_fault};
  end
  offramp_link_reply #(
    .LENGTH_BITS(LENGTH_BITS)
  ) replies (
    .clk,
    .rst_n,
    .start(reply),
    .kind(reply_kind),
    .length(reply_length),
    .read_place(reply_place),
    .read_data(header_data),
    .s_data(payload_data),
    .s_valid(payload_valid),
    .s_ready(payload_ready),
    .m_data(body_data),
    .m_valid(body_valid),
    .m_last(body_last),
    .m_ready(body_ready),
    .done(reply_done)
  );
  offramp_packet_sender sender (
    .clk,
    .rst_n,
    .s_data(body_data),
    .s_valid(body_valid),
    .s_last(body_last),
    .s_ready(body_ready),
    .m_data(tx_data),
    .m_valid(tx_valid),
    .m_last(tx_last),
    .m_ready(tx_ready)
  );

  // A power of two of cycles near half a second.
  localparam int unsigned BEAT_LOG = $clog2(CLOCK_KHZ * 1000 / 3);
  logic [BEAT_LOG:0] heartbeat;
  always_ff @(posedge clk) begin
    if (!rst_n) heartbeat <= '0;
    else heartbeat <= heartbeat + 1'b1;
  end
  assign led[7] = heartbeat[BEAT_LOG];

endmodule
