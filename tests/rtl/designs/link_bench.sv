// The link with three toy stages of different logits, and a second count of their cycles.
module link_bench #(
  parameter int unsigned CLOCKS_PER_BIT = 4,
  parameter int unsigned IDLE_CYCLES = 400,
  parameter int unsigned WATCHDOG_CYCLES = 8000,
  parameter int unsigned BUFFERS = 4,
  parameter int unsigned SLOTS = 5
) (
  input  logic        clk,
  input  logic        rst_n,
  input  logic        serial_rx,
  output logic        serial_tx,
  output logic [ 7:0] led,
  output logic [31:0] cycles_logits,
  output logic [31:0] cycles_map
);

  localparam int unsigned WORDS = 6;

  logic stage_rst_n;
  logic [7:0] slot;
  logic [2:0][23:0] logits_data;
  logic [2:0] logits_valid, logits_ready, map_start, map_begun, map_stored;
  logic [2:0][15:0] in_data, map_data;
  logic [2:0] in_valid, in_ready, map_valid, map_ready;

  logic [7:0] rx_data, tx_data;
  logic rx_valid, rx_ready, tx_valid, tx_last, tx_ready;
  offramp_serial_line #(.CLOCKS_PER_BIT(CLOCKS_PER_BIT)) line (
    .clk, .rst_n, .serial_rx, .serial_tx,
    .m_data(rx_data), .m_valid(rx_valid), .s_data(tx_data), .s_valid(tx_valid), .s_ready(tx_ready)
  );
  always_ff @(posedge clk) begin
    assert (!rst_n || rx_ready || !rx_valid)
    else $error("a byte came that the receiver was not ready for");
  end

  offramp_link #(
    .STAGES(3),
    .IDLE_CYCLES(IDLE_CYCLES),
    .WATCHDOG_CYCLES(WATCHDOG_CYCLES),
    .CLOCK_KHZ(1),
    .BUFFERS(BUFFERS),
    .SLOTS(SLOTS),
    .IMAGE_BYTES(2 * WORDS),
    .IN_BYTES(2),
    .OUT_WIDTH(24),
    // No first byte of zero: it lies where a memory is cleared that must not be, and a zero would hide that.
    .DIGEST(256'hc3112233445566778899aabbccddeeff0123456789abcdeffedcba9876543210),
    .OUT_BYTES({32'd3, 32'd3, 32'd2}),
    .OUT_BEATS({32'd1, 32'd2, 32'd4}),
    .OUT_ELEMENT_BITS({32'd4, 32'd7, 32'd11}),
    .OUT_LANES({32'd5, 32'd3, 32'd1})
  ) link (
    .clk,
    .rst_n,
    .rx_data,
    .rx_valid,
    .rx_ready,
    .tx_data,
    .tx_valid,
    .tx_last,
    .tx_ready,
    .led,
    .stage_rst_n,
    .image_data(in_data[0]),
    .image_valid(in_valid[0]),
    .image_ready(in_ready[0]),
    .logits_data,
    .logits_valid,
    .logits_ready,
    .slot,
    .map_start,
    .map_begun,
    .map_stored
  );

  assign logits_data[0][23:16] = '1;
  toy_stage #(.WORDS(WORDS), .BEATS(4), .BYTES(2), .LANES(1), .ELEMENT_BITS(11), .SEED(32'd7)) stage0 (
    .clk, .rst_n(stage_rst_n),
    .in_data(in_data[0]), .in_valid(in_valid[0]), .in_ready(in_ready[0]),
    .logits_data(logits_data[0][15:0]), .logits_valid(logits_valid[0]), .logits_ready(logits_ready[0]),
    .map_data(map_data[0]), .map_valid(map_valid[0]), .map_ready(map_ready[0])
  );
  toy_stage #(
    .WORDS(WORDS), .BEATS(2), .BYTES(3), .LANES(3), .ELEMENT_BITS(7), .MAP_LAST(1'b1), .SEED(32'd77)
  ) stage1 (
    .clk, .rst_n(stage_rst_n),
    .in_data(in_data[1]), .in_valid(in_valid[1]), .in_ready(in_ready[1]),
    .logits_data(logits_data[1]), .logits_valid(logits_valid[1]), .logits_ready(logits_ready[1]),
    .map_data(map_data[1]), .map_valid(map_valid[1]), .map_ready(map_ready[1])
  );
  toy_stage #(.WORDS(WORDS), .BEATS(1), .BYTES(3), .LANES(5), .ELEMENT_BITS(4), .SEED(32'd777)) stage2 (
    .clk, .rst_n(stage_rst_n),
    .in_data(in_data[2]), .in_valid(in_valid[2]), .in_ready(in_ready[2]),
    .logits_data(logits_data[2]), .logits_valid(logits_valid[2]), .logits_ready(logits_ready[2]),
    .map_data(map_data[2]), .map_valid(map_valid[2]), .map_ready(map_ready[2])
  );
  assign map_ready[2] = 1'b1;
  assign map_begun[0] = 1'b0;
  assign map_stored[2] = 1'b0;
  for (genvar k = 0; k < 2; k++) begin : gen_buffers
    offramp_map_buffer #(.WIDTH(16), .BEATS(WORDS), .SLOTS(SLOTS)) buffer (
      .clk, .rst_n(stage_rst_n), .slot,
      .s_data(map_data[k]), .s_valid(map_valid[k]), .s_ready(map_ready[k]), .stored(map_stored[k]),
      .start(map_start[k+1]),
      .m_data(in_data[k+1]), .m_valid(in_valid[k+1]), .m_ready(in_ready[k+1]), .begun(map_begun[k+1])
    );
  end
  for (genvar k = 0; k < 3; k++) begin : gen_checks
    offramp_stream_check #(.WIDTH(16), .NAME("in")) check_in (
      .clk, .rst_n(stage_rst_n), .data(in_data[k]), .valid(in_valid[k]), .ready(in_ready[k])
    );
  end

  // The buffers' pulses come with the right beats, a cycle after them.
  for (genvar k = 1; k < 3; k++) begin : gen_pulses
    int unsigned came, went;
    logic begins, ends;
    always_ff @(posedge clk) begin
      begins <= stage_rst_n && in_valid[k] && in_ready[k] && went == 0;
      ends   <= stage_rst_n && map_valid[k-1] && came == WORDS - 1;
      if (!stage_rst_n) {came, went} <= '0;
      else begin
        if (map_valid[k-1]) came <= (came + 1) % WORDS;
        if (in_valid[k] && in_ready[k]) went <= (went + 1) % WORDS;
        assert (map_begun[k] == begins && map_stored[k-1] == ends)
        else $error("a pulse of a map buffer at another beat");
      end
    end
  end

  // Cycles between beats, counted from the beats.
  logic [31:0] now, begin_at;
  int unsigned entered;
  always_ff @(posedge clk) begin
    now <= now + 1;
    if (!stage_rst_n) entered <= 0;
    else if ((in_valid & in_ready) != '0) begin
      entered <= (entered == WORDS - 1) ? 0 : entered + 1;
      if (entered == 0) begin
        begin_at   <= now;
        cycles_map <= '0;
      end
    end
    if ((logits_valid & logits_ready) != '0) cycles_logits <= now - begin_at;
    if ((map_valid[1:0] & map_ready[1:0]) != '0) cycles_map <= now - begin_at;
  end

endmodule
