// Executes requests in order: one at a time, one reply each.
//
// For every stage and slot a word says whether the stage was done there, for which tag, and which class it found. So
// a stage's map is found by its tag, and a frame that is stopped by the class of its last exit.
module offramp_link_executor #(
  parameter int unsigned STAGES = 2,
  parameter int unsigned SLOTS = 32,
  parameter int unsigned INFO_BYTES = 46,
  parameter int unsigned LENGTH_BITS = 16,
  parameter logic [STAGES-1:0][31:0] LOGITS_BYTES = {STAGES{32'd20}},
  localparam int unsigned STAGE_BITS = (STAGES > 1) ? $clog2(STAGES) : 1
) (
  input  logic                  clk,
  input  logic                  rst_n,
  // The request.
  input  logic                  waiting,
  output logic                  retire,
  output logic                  header_reads,
  output logic [           2:0] header_place,
  input  logic [           7:0] header_data,
  // Its stage.
  output logic                  stage_rst_n,
  output logic [STAGE_BITS-1:0] stage,
  output logic [           7:0] slot,
  output logic                  run,
  output logic [    STAGES-1:0] play,          // the same pulse, for what feeds the stage
  input  logic                  run_done,
  input  logic                  run_expired,
  output logic                  frame,         // pulses for the counters
  output logic                  watchdog,
  // Its reply.
  output logic                  reply,
  output logic [           7:0] reply_kind,
  output logic [LENGTH_BITS-1:0] reply_length,
  output logic [           3:0] reply_fault,
  output logic                  with_result,   // what the payload is, at most one of them
  output logic                  with_info,
  output logic                  with_counters,
  input  logic                  reply_done,
  input  logic                  result_done,
  input  logic [           3:0] result_index,
  output logic [           6:0] led
);

  if (SLOTS < 1 || SLOTS > 256) begin : gen_bad_slots
    $error("offramp_link_executor: SLOTS must be 1 to 256");
  end

  localparam int unsigned COUNTERS_BYTES = 12 * STAGES + 16;

  localparam int unsigned SLOT_BITS = (SLOTS > 1) ? $clog2(SLOTS) : 1;
  localparam int unsigned ADDRESS_BITS = STAGE_BITS + SLOT_BITS;
  localparam int unsigned SWEEP_BITS = (ADDRESS_BITS > 4) ? ADDRESS_BITS : 4;  // a reset lasts 16 cycles at least

  typedef enum logic [3:0] {
    SWEEP,
    IDLE,
    HEADER,
    SETTLE,
    DECIDE,
    LOOK,
    CATCH,
    COMPARE,
    FOUND,
    START,
    WORK,
    PREPARE,
    REPLY,
    WAIT_REPLY,
    KEEP,
    RETIRE
  } state_t;
  state_t state;

  logic [3:0] place;
  logic [7:0] kind, stage_number;
  logic [15:0] tag;
  logic [3:0] fault;
  logic serving;  // there is a request to answer

  // What a request asks for, a cycle after its header is there.
  logic is_info, is_run, is_go, is_stop, is_counters, is_reset;
  logic first_stage, known_stage, known_slot;
  assign stage = stage_number[STAGE_BITS-1:0];
  always_ff @(posedge clk) begin
    is_info     <= kind == offramp_serial_pkg::INFO;
    is_run      <= kind == offramp_serial_pkg::RUN;
    is_go       <= kind == offramp_serial_pkg::GO;
    is_stop     <= kind == offramp_serial_pkg::STOP;
    is_counters <= kind == offramp_serial_pkg::COUNTERS;
    is_reset    <= kind == offramp_serial_pkg::RESET;
    first_stage <= stage_number == '0;
    known_stage <= {1'b0, stage_number} < 9'(STAGES);
    known_slot  <= {1'b0, slot} < 9'(SLOTS);
  end

  // What a stage has done in a slot.
  typedef struct packed {
    logic        done;
    logic [15:0] tag;    // of the frame
    logic [3:0]  index;  // the class it found
  } slot_t;

  // The table of what the slots hold.
  logic write, held;
  slot_t read_data, found;  // block RAM is slow: caught in a register before it is compared
  logic [ADDRESS_BITS-1:0] write_at;
  slot_t write_data;
  logic [STAGE_BITS-1:0] looked;
  logic [SWEEP_BITS-1:0] sweep;
  offramp_ram #(
    .WIDTH($bits(slot_t)),
    .WORDS(2 ** ADDRESS_BITS)
  ) table_of_slots (
    .clk,
    .write,
    .write_at,
    .write_data,
    .read(state == LOOK),
    .read_at({looked, slot[SLOT_BITS-1:0]}),
    .read_data
  );
  always_ff @(posedge clk) begin
    found      <= read_data;
    held       <= found.done && found.tag == tag;
    write      <= state == SWEEP || (state == FOUND && is_stop && held) || state == KEEP;
    write_at   <= (state == SWEEP) ? sweep[ADDRESS_BITS-1:0] : {looked, slot[SLOT_BITS-1:0]};
    write_data <= (state == KEEP) ? '{done: 1'b1, tag: tag, index: result_index} : '0;
  end

  logic [3:0] refusal;  // of a request that is whole and of a known kind
  always_comb begin
    refusal = '0;
    if (is_run && !first_stage) refusal = offramp_serial_pkg::REFUSED_STAGE;
    else if (is_go && (first_stage || !known_stage)) refusal = offramp_serial_pkg::REFUSED_STAGE;
    else if (is_stop && !known_stage) refusal = offramp_serial_pkg::REFUSED_STAGE;
    else if ((is_run || is_go || is_stop) && !known_slot) refusal = offramp_serial_pkg::REFUSED_SLOT;
    else if (!(is_info || is_run || is_go || is_stop || is_counters || is_reset)) refusal = offramp_serial_pkg::REFUSED_KIND;
  end

  logic done, expired;  // run_done is still that of the run before when a run begins
  assign expired = state == WORK && run_expired;
  assign done = state == WORK && run_done && !run && !run_expired;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      state       <= SWEEP;
      sweep       <= '0;
      serving     <= 1'b0;
      stage_rst_n <= 1'b0;
      run         <= 1'b0;
      play        <= '0;
      frame       <= 1'b0;
      watchdog    <= 1'b0;
      reply       <= 1'b0;
      led         <= '0;
    end else begin
      stage_rst_n <= state != SWEEP;
      run         <= state == START;
      play        <= (state == START) ? STAGES'(1) << stage : '0;
      frame       <= done;
      watchdog    <= expired;
      reply       <= state == REPLY;
      unique case (state)
        SWEEP: begin
          sweep <= sweep + 1'b1;
          if (sweep == '1) state <= serving ? PREPARE : IDLE;
        end
        IDLE: if (waiting) begin
          serving <= 1'b1;
          state   <= HEADER;
        end
        HEADER: if (place == 4'd9) state <= SETTLE;
        SETTLE: state <= DECIDE;
        DECIDE: begin
          looked <= is_go ? stage - 1'b1 : stage;
          if (fault != '0) begin
            state <= PREPARE;
          end else begin
            fault <= refusal;
            if (refusal != '0) state <= PREPARE;
            else if (is_run) state <= START;
            else if (is_go || is_stop) state <= LOOK;
            else state <= is_reset ? SWEEP : PREPARE;
          end
        end
        LOOK: state <= CATCH;
        CATCH: state <= COMPARE;
        COMPARE: state <= FOUND;
        FOUND:
        if (is_stop) begin
          // This slot of all stages up to the one it left at.
          if (held && looked == stage) led[5:0] <= {2'(stage), found.index};
          looked <= looked - 1'b1;
          state  <= (looked == '0) ? PREPARE : LOOK;
        end else begin
          looked <= stage;
          if (!held) fault <= offramp_serial_pkg::REFUSED_SLOT;
          state <= held ? START : PREPARE;
        end
        START: state <= WORK;
        WORK:
        if (expired) begin
          fault <= offramp_serial_pkg::REFUSED_WATCHDOG;
          state <= SWEEP;
        end else if (done) begin
          state <= PREPARE;
        end
        PREPARE: if (place == 4'd3) state <= REPLY;
        REPLY: state <= WAIT_REPLY;
        WAIT_REPLY:
        if (reply_done && !reply && result_done) begin
          led[6] <= fault != '0;
          state  <= with_result ? KEEP : RETIRE;
        end
        KEEP: begin
          if (stage == STAGE_BITS'(STAGES - 1)) led[5:0] <= {2'(stage), result_index};
          state <= RETIRE;
        end
        default: begin
          serving <= 1'b0;
          state   <= IDLE;
        end
      endcase
      // A header's bytes come two cycles after their place was named.
      if (state == HEADER && place == 4'd3) fault <= header_data[3:0];
    end
  end

  always_ff @(posedge clk) begin
    place <= (state == HEADER || state == PREPARE) ? place + 1'b1 : '0;
    if (state == HEADER) begin
      unique case (place)
        4'd2: tag[15:8] <= header_data;
        4'd4: kind <= header_data;
        4'd7: stage_number <= header_data;
        4'd8: slot <= header_data;
        4'd9: tag[7:0] <= header_data;
        default: ;
      endcase
    end
  end
  assign header_reads = state == HEADER;
  assign header_place = place[2:0];

  // The reply's header and what its payload is, within the cycles of PREPARE.
  logic faulty;
  always_ff @(posedge clk) begin
    faulty        <= fault != '0;
    with_result   <= (is_run || is_go) && !faulty;
    with_info     <= is_info && !faulty;
    with_counters <= is_counters && !faulty;
    reply_kind    <= faulty ? offramp_serial_pkg::ERROR : (offramp_serial_pkg::REPLY | kind);
    if (faulty) reply_length <= LENGTH_BITS'(1);
    else if (with_result) reply_length <= LENGTH_BITS'(32'd8 + LOGITS_BYTES[stage]);
    else if (with_info) reply_length <= LENGTH_BITS'(INFO_BYTES);
    else reply_length <= with_counters ? LENGTH_BITS'(COUNTERS_BYTES) : '0;
  end
  assign reply_fault = fault;
  assign retire = state == RETIRE;

endmodule
