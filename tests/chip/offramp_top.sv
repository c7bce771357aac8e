// offramp_top: toy_stage0, toy_stage1 behind a serial port.
module offramp_top #(
  parameter int unsigned CLOCKS_PER_BIT = 20,
  parameter int unsigned IDLE_CYCLES = 3000000,
  parameter int unsigned WATCHDOG_CYCLES = 256
) (
  input  logic clk,
  input  logic serial_rx,
  input  logic reset,
  output logic [7:0] led,
  output logic [0:0] high,
  output logic serial_tx
);

  // 25.0 MHz to 60.0 MHz.
  logic clk_sys, locked;
  (* FREQUENCY_PIN_CLKI = "25.0" *)
  (* FREQUENCY_PIN_CLKOP = "60.0" *)
  (* ICP_CURRENT = "12" *)
  (* LPF_RESISTOR = "8" *)
  (* MFG_ENABLE_FILTEROPAMP = "1" *)
  (* MFG_GMCREF_SEL = "2" *)
  EHXPLLL #(
    .PLLRST_ENA("DISABLED"),
    .INTFB_WAKE("DISABLED"),
    .STDBY_ENABLE("DISABLED"),
    .DPHASE_SOURCE("DISABLED"),
    .OUTDIVIDER_MUXA("DIVA"),
    .OUTDIVIDER_MUXB("DIVB"),
    .OUTDIVIDER_MUXC("DIVC"),
    .OUTDIVIDER_MUXD("DIVD"),
    .CLKI_DIV(5),
    .CLKOP_ENABLE("ENABLED"),
    .CLKOP_DIV(10),
    .CLKOP_CPHASE(9),
    .CLKOP_FPHASE(0),
    .FEEDBK_PATH("CLKOP"),
    .CLKFB_DIV(12)
  ) pll (
    .CLKI(clk),
    .CLKFB(clk_sys),
    .CLKOP(clk_sys),
    .CLKOS(),
    .CLKOS2(),
    .CLKOS3(),
    .CLKINTFB(),
    .LOCK(locked),
    .INTLOCK(),
    .REFCLK(),
    .RST(1'b0),
    .STDBY(1'b0),
    .PHASESEL0(1'b0),
    .PHASESEL1(1'b0),
    .PHASEDIR(1'b0),
    .PHASESTEP(1'b0),
    .PHASELOADREG(1'b0),
    .PLLWAKESYNC(1'b0),
    .ENCLKOP(1'b0),
    .ENCLKOS(1'b0),
    .ENCLKOS2(1'b0),
    .ENCLKOS3(1'b0)
  );

  // In reset until the clock has been stable for 256 cycles.
  logic stable;
  logic [1:0] stable_sync;
  logic [7:0] reset_count;
  logic rst_n;
  assign stable = locked && !reset;
  initial begin
    stable_sync = '0;
    reset_count = '0;
    rst_n = 1'b0;
  end
  always_ff @(posedge clk_sys) begin
    stable_sync <= {stable_sync[0], stable};
    reset_count <= stable_sync[1] ? reset_count + {7'b0, !(&reset_count)} : '0;
    rst_n       <= &reset_count;
  end

  logic stage_rst_n;
  logic [7:0] slot;
  logic [15:0] image_data;
  logic image_valid, image_ready;
  logic [1:0][39:0] logits_data;
  logic [1:0] logits_valid, logits_ready;
  logic [1:0] map_start, map_begun, map_stored;
  logic [7:0] rx_data, tx_data;
  logic rx_valid, tx_valid, tx_ready;
  /* verilator lint_off UNUSEDSIGNAL */  // the line is slow enough, and has no packets
  logic rx_ready, tx_last;
  /* verilator lint_on UNUSEDSIGNAL */
  offramp_serial_line #(
    .CLOCKS_PER_BIT(CLOCKS_PER_BIT)
  ) line (
    .clk(clk_sys),
    .rst_n(rst_n),
    .serial_rx(serial_rx),
    .serial_tx(serial_tx),
    .m_data(rx_data),
    .m_valid(rx_valid),
    .s_data(tx_data),
    .s_valid(tx_valid),
    .s_ready(tx_ready)
  );
  logic [7:0] status;
  assign led = status;
  assign high = '1;

  offramp_link #(
    .STAGES(2),
    .IDLE_CYCLES(IDLE_CYCLES),
    .WATCHDOG_CYCLES(WATCHDOG_CYCLES),
    .CLOCK_KHZ(60000),
    .BUFFERS(4),
    .SLOTS(8),
    .IMAGE_BYTES(8),
    .IN_BYTES(2),
    .OUT_WIDTH(40),
    .DIGEST(256'h5e10be3819f03969283e28a404c6e3f83070bc7bcacebf69048eaf068cf61931),
    .OUT_BYTES({32'd5, 32'd5}),
    .OUT_BEATS({32'd1, 32'd1}),
    .OUT_ELEMENT_BITS({32'd12, 32'd12}),
    .OUT_LANES({32'd3, 32'd3})
  ) link (
    .clk(clk_sys),
    .rst_n(rst_n),
    .rx_data(rx_data),
    .rx_valid(rx_valid),
    .rx_ready(rx_ready),
    .tx_data(tx_data),
    .tx_valid(tx_valid),
    .tx_last(tx_last),
    .tx_ready(tx_ready),
    .led(status),
    .stage_rst_n(stage_rst_n),
    .image_data(image_data),
    .image_valid(image_valid),
    .image_ready(image_ready),
    .logits_data(logits_data),
    .logits_valid(logits_valid),
    .logits_ready(logits_ready),
    .slot(slot),
    .map_start(map_start),
    .map_begun(map_begun),
    .map_stored(map_stored)
  );
  assign map_begun[0] = 1'b0;
  assign map_stored[1] = 1'b0;

  logic [15:0] toy_stage0_in_data;
  logic toy_stage0_in_valid, toy_stage0_in_ready;
  logic [39:0] toy_stage0_logits;
  logic [7:0] toy_stage0_map_data;
  logic toy_stage0_map_valid, toy_stage0_map_ready;
  assign logits_data[0] = 40'(toy_stage0_logits);
  toy_stage0 toy_stage0_part (
    .ap_clk(clk_sys),
    .ap_rst_n(stage_rst_n),
    .in0_V_tdata(toy_stage0_in_data),
    .in0_V_tvalid(toy_stage0_in_valid),
    .in0_V_tready(toy_stage0_in_ready),
    .out1_V_tdata(toy_stage0_map_data),
    .out1_V_tvalid(toy_stage0_map_valid),
    .out1_V_tready(toy_stage0_map_ready),
    .out0_V_tdata(toy_stage0_logits),
    .out0_V_tvalid(logits_valid[0]),
    .out0_V_tready(logits_ready[0])
  );
  assign toy_stage0_in_data = image_data;
  assign toy_stage0_in_valid = image_valid;
  assign image_ready = toy_stage0_in_ready;

  logic [7:0] toy_stage1_in_data;
  logic toy_stage1_in_valid, toy_stage1_in_ready;
  logic [39:0] toy_stage1_logits;
  assign logits_data[1] = 40'(toy_stage1_logits);
  toy_stage1 toy_stage1_part (
    .ap_clk(clk_sys),
    .ap_rst_n(stage_rst_n),
    .in0_V_tdata(toy_stage1_in_data),
    .in0_V_tvalid(toy_stage1_in_valid),
    .in0_V_tready(toy_stage1_in_ready),
    .out0_V_tdata(toy_stage1_logits),
    .out0_V_tvalid(logits_valid[1]),
    .out0_V_tready(logits_ready[1])
  );

  // The feature map of toy_stage0, kept for toy_stage1.
  logic [7:0] toy_stage0_wide_data;
  logic toy_stage0_wide_valid, toy_stage0_wide_ready;
  dwc_axi #(
    .IBITS(8),
    .OBITS(4)
  ) toy_stage0_width (
    .ap_clk(clk_sys),
    .ap_rst_n(stage_rst_n),
    .s_axis_tdata(toy_stage0_map_data),
    .s_axis_tvalid(toy_stage0_map_valid),
    .s_axis_tready(toy_stage0_map_ready),
    .m_axis_tdata(toy_stage0_wide_data),
    .m_axis_tvalid(toy_stage0_wide_valid),
    .m_axis_tready(toy_stage0_wide_ready)
  );
  logic [3:0] toy_stage1_kept;
  assign toy_stage1_in_data = 8'(toy_stage1_kept);
  offramp_map_buffer #(
    .WIDTH(4),
    .BEATS(8),
    .SLOTS(8)
  ) toy_stage1_map (
    .clk(clk_sys),
    .rst_n(stage_rst_n),
    .slot(slot),
    .s_data(toy_stage0_wide_data[3:0]),
    .s_valid(toy_stage0_wide_valid),
    .s_ready(toy_stage0_wide_ready),
    .stored(map_stored[0]),
    .start(map_start[1]),
    .m_data(toy_stage1_kept),
    .m_valid(toy_stage1_in_valid),
    .m_ready(toy_stage1_in_ready),
    .begun(map_begun[1])
  );
endmodule
