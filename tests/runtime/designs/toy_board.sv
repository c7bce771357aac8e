// A board for tests: the two toy stages behind the serial link, with a reset pin, the PLL's model and LEDs.
module toy_board #(
  parameter int unsigned CLOCKS_PER_BIT = 4,
  parameter int unsigned IDLE_CYCLES = 800,
  parameter int unsigned WATCHDOG_CYCLES = 4000,
  parameter int unsigned SLOTS = 8,
  parameter bit RESET_ACTIVE_LOW = 1'b1
) (
  input  logic       clk,
  input  logic       reset,
  input  logic       serial_rx,
  output logic       serial_tx,
  output logic [7:0] led
);

  // No first byte of zero: it would hide that the memory it lies in is cleared.
  localparam logic [255:0] DIGEST = 256'h0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20;

  logic fast, locked, rst_n;
  EHXPLLL #(.CLKI_DIV(1), .CLKFB_DIV(2), .CLKOP_DIV(12)) pll (
    .CLKI(clk), .CLKFB(fast), .PHASESEL1(1'b0), .PHASESEL0(1'b0), .PHASEDIR(1'b0), .PHASESTEP(1'b0),
    .PHASELOADREG(1'b0), .STDBY(1'b0), .PLLWAKESYNC(1'b0), .RST(1'b0), .ENCLKOP(1'b0), .ENCLKOS(1'b0),
    .ENCLKOS2(1'b0), .ENCLKOS3(1'b0), .CLKOP(fast), .CLKOS(), .CLKOS2(), .CLKOS3(), .LOCK(locked), .INTLOCK(),
    .REFCLK(), .CLKINTFB()
  );
  always_ff @(posedge fast) rst_n <= locked && (reset == RESET_ACTIVE_LOW);

  logic stage_rst_n;
  logic [15:0] image_data;
  logic image_valid, image_ready;
  logic [1:0][39:0] logits_data;
  logic [1:0] logits_valid, logits_ready, map_start, map_begun, map_stored;
  logic [7:0] slot;
  assign map_begun[0] = 1'b0;
  assign map_stored[1] = 1'b0;

  logic [7:0] rx_data, tx_data;
  logic rx_valid, rx_ready, tx_valid, tx_last, tx_ready;
  offramp_serial_line #(.CLOCKS_PER_BIT(CLOCKS_PER_BIT)) line (
    .clk(fast), .rst_n, .serial_rx, .serial_tx,
    .m_data(rx_data), .m_valid(rx_valid), .s_data(tx_data), .s_valid(tx_valid), .s_ready(tx_ready)
  );
  offramp_link #(
    .STAGES(2), .IDLE_CYCLES(IDLE_CYCLES), .WATCHDOG_CYCLES(WATCHDOG_CYCLES),
    .CLOCK_KHZ(60000), .BUFFERS(4), .SLOTS(SLOTS), .IMAGE_BYTES(8), .IN_BYTES(2), .OUT_WIDTH(40), .DIGEST(DIGEST),
    .OUT_BYTES({32'd5, 32'd5}), .OUT_BEATS({32'd1, 32'd1}), .OUT_ELEMENT_BITS({32'd12, 32'd12}),
    .OUT_LANES({32'd3, 32'd3})
  ) link (
    .clk(fast), .rst_n, .rx_data, .rx_valid, .rx_ready, .tx_data, .tx_valid, .tx_last, .tx_ready, .led, .stage_rst_n, .image_data, .image_valid, .image_ready,
    .logits_data, .logits_valid, .logits_ready, .slot, .map_start, .map_begun, .map_stored
  );

  logic [7:0] kept_data, map_data;
  logic kept_valid, kept_ready, map_valid, map_ready;
  toy_stage0 stage0 (
    .ap_clk(fast), .ap_rst_n(stage_rst_n),
    .in0_V_tdata(image_data), .in0_V_tvalid(image_valid), .in0_V_tready(image_ready),
    .out0_V_tdata(logits_data[0]), .out0_V_tvalid(logits_valid[0]), .out0_V_tready(logits_ready[0]),
    .out1_V_tdata(kept_data), .out1_V_tvalid(kept_valid), .out1_V_tready(kept_ready)
  );

  offramp_map_buffer #(.WIDTH(8), .BEATS(4), .SLOTS(SLOTS)) maps (
    .clk(fast), .rst_n(stage_rst_n), .slot, .s_data(kept_data), .s_valid(kept_valid), .s_ready(kept_ready),
    .stored(map_stored[0]), .start(map_start[1]), .m_data(map_data), .m_valid(map_valid), .m_ready(map_ready),
    .begun(map_begun[1])
  );

  // Stage 1 takes the two elements of a beat one after the other.
  logic half, narrow_ready;
  assign map_ready = half && narrow_ready;
  always_ff @(posedge fast) begin
    if (!stage_rst_n) half <= 1'b0;
    else if (map_valid && narrow_ready) half <= !half;
  end
  toy_stage1 stage1 (
    .ap_clk(fast), .ap_rst_n(stage_rst_n),
    .in0_V_tdata({4'b0, half ? map_data[7:4] : map_data[3:0]}), .in0_V_tvalid(map_valid),
    .in0_V_tready(narrow_ready),
    .out0_V_tdata(logits_data[1]), .out0_V_tvalid(logits_valid[1]), .out0_V_tready(logits_ready[1])
  );

  logic unused;
  assign unused = &{1'b0, map_start[0], rx_ready, tx_last};

endmodule
