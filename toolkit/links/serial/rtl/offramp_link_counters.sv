// A byte memory with what the device tells about itself: INFO, and counters, to which it adds byte by byte.
//
// Counters, lowest byte first: per stage frames (4 bytes) and cycles (8 bytes); then 4 bytes each: CRC errors,
// overruns, abandoned packets, watchdog resets. Events are pulses and may come while others are counted: up to seven
// of a kind wait, which is more than packets can cause in the time. All counters are zero after a reset.
module offramp_link_counters #(
  parameter int unsigned STAGES = 2,
  parameter int unsigned INFO_BYTES = 46,
  parameter logic [8*INFO_BYTES-1:0] INFO = '0,  // the first byte lowest
  localparam int unsigned STAGE_BITS = (STAGES > 1) ? $clog2(STAGES) : 1
) (
  input  logic                  clk,
  input  logic                  rst_n,
  input  logic [           3:0] events,     // in the order of their counters
  input  logic                  frame,      // a stage's frame is done
  input  logic [STAGE_BITS-1:0] stage,      // of the frame: the same for 80 cycles
  input  logic [          31:0] cycles,     // of the frame: likewise
  input  logic                  read,       // while it is high, INFO or the counters come as bytes
  input  logic                  read_info,
  output logic [           7:0] m_data,
  output logic                  m_valid,
  input  logic                  m_ready
);

  if (STAGES < 1 || STAGES > 16) begin : gen_bad_stages
    $error("offramp_link_counters: STAGES must be 1 to 16");
  end

  // 256 bytes each.
  localparam logic [8:0] COUNTERS = 9'd256;
  localparam logic [8:0] ERRORS = COUNTERS + 9'(12 * STAGES);

  (* no_rw_check *) logic [7:0] memory[512];
  initial begin
    for (int i = 0; i < 512; i++) memory[i] = '0;
    for (int i = 0; i < int'(INFO_BYTES); i++) memory[i] = INFO[8*i+:8];
  end

  typedef enum logic [2:0] {
    CLEAR,
    IDLE,
    FETCH,
    CATCH,
    ADD,
    STORE,
    SHOW
  } state_t;
  state_t state;

  logic [8:0] at;
  logic [7:0] read_data, found, sum;
  logic carry;
  always_ff @(posedge clk) begin
    read_data <= memory[at];  // without meaning where it is written
    found     <= read_data;   // block RAM is slow
    if (rst_n && (state == STORE || state == CLEAR)) memory[at] <= sum;  // 'at' means nothing before the reset
  end

  logic [3:0][2:0] pending;
  logic [3:0] served;
  logic frame_pending, cycles_pending;
  for (genvar i = 0; i < 4; i++) begin : gen_pending
    always_ff @(posedge clk) begin
      if (!rst_n) pending[i] <= '0;
      else if (events[i] && !served[i] && pending[i] != '1) pending[i] <= pending[i] + 1'b1;
      else if (served[i] && !events[i]) pending[i] <= pending[i] - 1'b1;
    end
  end
  always_ff @(posedge clk) begin
    if (!rst_n) {frame_pending, cycles_pending} <= '0;
    else if (frame) {frame_pending, cycles_pending} <= '1;
    else if (state == IDLE) begin
      // In the order in which IDLE takes them.
      if (frame_pending) frame_pending <= 1'b0;
      else cycles_pending <= 1'b0;
    end
  end

  logic work;
  logic [1:0] which;
  logic [8:0] frames_at;
  always_comb begin
    served = '0;
    which  = '0;
    for (int i = 3; i >= 0; i--) if (pending[i] != '0) which = 2'(i);
    work = pending[which] != '0;
    if (state == IDLE && !frame_pending && !cycles_pending) served[which] = work;
  end
  always_ff @(posedge clk) frames_at <= COUNTERS + 9'({stage, 3'd0}) + 9'({stage, 2'd0});

  logic reading;        // and not adding
  logic cycles_too;     // what is added: the cycles, or one
  logic [2:0] left;
  logic [1:0] place;    // of the cycles' byte
  logic [7:0] term;
  assign term = cycles_too ? cycles[8*place+:8] : '0;

  assign m_data = found;
  assign m_valid = state == SHOW;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      state <= CLEAR;
      at    <= COUNTERS;
      sum   <= '0;
    end else begin
      unique case (state)
        CLEAR: begin
          at <= at + 1'b1;
          if (at == '1) state <= IDLE;
        end
        IDLE: begin
          state      <= FETCH;
          reading    <= 1'b0;
          cycles_too <= 1'b0;
          carry      <= 1'b1;
          place      <= '0;
          left       <= 3'd3;
          if (frame_pending) begin
            at <= frames_at;
          end else if (cycles_pending) begin
            at         <= frames_at + 9'd4;
            left       <= 3'd7;
            cycles_too <= 1'b1;
            carry      <= 1'b0;
          end else if (work) begin
            at <= ERRORS + {5'd0, which, 2'd0};
          end else if (read) begin
            reading <= 1'b1;
            at      <= read_info ? '0 : COUNTERS;
          end else begin
            state <= IDLE;
          end
        end
        FETCH: state <= CATCH;
        CATCH: state <= reading ? SHOW : ADD;
        ADD: begin
          {carry, sum} <= {1'b0, found} + {1'b0, term} + 9'(carry);
          state        <= STORE;
        end
        STORE: begin
          at    <= at + 1'b1;
          place <= place + 1'b1;
          if (place == '1) cycles_too <= 1'b0;  // they have four bytes
          left  <= left - 1'b1;
          state <= (left == '0) ? IDLE : FETCH;
        end
        default: begin
          if (!read) state <= IDLE;
          else if (m_ready) begin
            at    <= at + 1'b1;
            state <= FETCH;
          end
        end
      endcase
    end
  end

endmodule
