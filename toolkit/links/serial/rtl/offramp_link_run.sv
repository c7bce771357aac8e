// Sees one frame through one stage: takes its logits, counts its cycles, and watches that it ends.
//
// Cycles are differences of cycle numbers, from the first input beat to the last beat of the logits and of the map.
// All events arrive here one cycle after they happened.
module offramp_link_run #(
  parameter int unsigned STAGES = 2,
  parameter int unsigned OUT_WIDTH = 16,
  parameter logic [STAGES-1:0][31:0] OUT_BEATS = {STAGES{32'd1}},
  parameter int unsigned WATCHDOG_CYCLES = 1000000,
  localparam int unsigned STAGE_BITS = (STAGES > 1) ? $clog2(STAGES) : 1,
  parameter int unsigned BEAT_BITS = 4
) (
  input  logic                                  clk,
  input  logic                                  rst_n,
  input  logic                                  start,
  input  logic [STAGE_BITS-1:0]                 stage,          // from start on
  input  logic [    STAGES-1:0][OUT_WIDTH-1:0]  logits_data,
  input  logic [    STAGES-1:0]                 logits_valid,
  output logic [    STAGES-1:0]                 logits_ready,
  input  logic                                  begun,
  input  logic                                  stored,
  output logic                                  beat_write,
  output logic [ BEAT_BITS-1:0]                 beat_at,        // beats still to come behind this one
  output logic [ OUT_WIDTH-1:0]                 beat_data,
  output logic                                  done,           // until the next start
  output logic                                  expired,        // a pulse: not done in WATCHDOG_CYCLES
  output logic [          31:0]                 cycles_logits,
  output logic [          31:0]                 cycles_map      // 0 at the last stage
);

  if (WATCHDOG_CYCLES < 2) begin : gen_bad_watchdog
    $error("offramp_link_run: WATCHDOG_CYCLES must be at least 2");
  end

  localparam int unsigned WATCHDOG_BITS = $clog2(WATCHDOG_CYCLES + 1);

  logic running;
  logic map_done, logits_done;
  logic counting;
  logic [31:0] elapsed;
  logic [WATCHDOG_BITS-1:0] patience;

  logic [BEAT_BITS-1:0] left;
  logic taken;
  logic [OUT_WIDTH-1:0] taken_data;
  assign taken = |(logits_valid & logits_ready);
  always_comb begin
    taken_data = '0;
    for (int k = 0; k < int'(STAGES); k++) if (logits_ready[k]) taken_data |= logits_data[k];
  end

  logic last;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      logits_ready <= '0;
      beat_write   <= 1'b0;
      last         <= 1'b0;
    end else begin
      if (start) logits_ready <= STAGES'(1) << stage;
      else if (taken && left == '0) logits_ready <= '0;
      beat_write <= taken;
      last       <= taken && left == '0;
    end
    if (start) left <= BEAT_BITS'(OUT_BEATS[stage] - 32'd1);
    else if (taken) left <= left - 1'b1;
    beat_at   <= left;
    beat_data <= taken_data;
  end

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      running     <= 1'b0;
      done        <= 1'b0;
      logits_done <= 1'b0;
      map_done    <= 1'b0;
      counting    <= 1'b0;
      expired     <= 1'b0;
    end else begin
      expired <= running && patience == '0 && !expired;
      if (start) begin
        running     <= 1'b1;
        done        <= 1'b0;
        logits_done <= 1'b0;
        map_done    <= stage == STAGE_BITS'(STAGES - 1);
        counting    <= 1'b0;
      end else begin
        if (expired || (logits_done && map_done)) running <= 1'b0;
        if (running && logits_done && map_done) done <= !expired;
        if (last) logits_done <= 1'b1;
        if (stored) map_done <= 1'b1;
        if (begun) counting <= 1'b1;
      end
    end

    patience <= start ? WATCHDOG_BITS'(WATCHDOG_CYCLES) : patience - WATCHDOG_BITS'(running);
    if (start) elapsed <= '0;
    else elapsed <= elapsed + 32'(begun || counting);
    if (last) cycles_logits <= elapsed;
    if (start) cycles_map <= '0;
    else if (stored) cycles_map <= elapsed;
  end

endmodule
