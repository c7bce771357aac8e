// A stage for tests: logit i of a frame is the sum of (i + 1) * (j + 3) * word j, its lowest bits as a signed number.
//
// The map is every word times 5, plus 1, before or after the logits. A frame whose first word is 16'hffff is never
// finished. Both ends pause at random; the last beat of what comes last is REST cycles late: more than a reply needs
// to begin.
module toy_stage #(
  parameter int unsigned WORDS = 6,
  parameter int unsigned BEATS = 1,
  parameter int unsigned BYTES = 2,
  parameter int unsigned LANES = 1,
  parameter int unsigned ELEMENT_BITS = 16,
  parameter bit MAP_LAST = 1'b0,
  parameter int unsigned REST = 800,
  parameter logic [31:0] SEED = 32'd1
) (
  input  logic               clk,
  input  logic               rst_n,
  input  logic [       15:0] in_data,
  input  logic               in_valid,
  output logic               in_ready,
  output logic [8*BYTES-1:0] logits_data,
  output logic               logits_valid,
  input  logic               logits_ready,
  output logic [       15:0] map_data,
  output logic               map_valid,
  input  logic               map_ready
);

  logic [31:0] random;
  always_ff @(posedge clk) begin
    if (!rst_n) random <= SEED;
    else random <= {random[30:0], random[31] ^ random[21] ^ random[1] ^ random[0]};
  end

  logic [15:0] words[WORDS];
  logic [31:0] sum;
  int unsigned entered, played, answered, resting;
  logic hung;
  assign in_ready = entered < WORDS && random[0];

  // Shown from when it is chosen until it is taken.
  logic want_map, want_logits;
  assign want_map = entered == WORDS && played < WORDS && !hung && (!MAP_LAST || answered == BEATS)
                    && (!MAP_LAST || played < WORDS - 1 || resting == REST);
  assign want_logits = entered == WORDS && answered < BEATS && !hung && (MAP_LAST || played > WORDS / 2)
                       && (MAP_LAST || answered < BEATS - 1 || resting == REST);
  assign map_data = words[played % WORDS] * 16'd5 + 16'd1;
  always_comb begin
    logits_data = '1;  // padding is no element
    for (int i = 0; i < int'(LANES); i++) begin
      logits_data[i*ELEMENT_BITS+:ELEMENT_BITS] = ELEMENT_BITS'(sum * (answered * LANES + 32'(i) + 32'd1));
    end
  end

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      {entered, played, answered, sum, resting} <= '0;
      {hung, map_valid, logits_valid}  <= '0;
    end else begin
      if (in_valid && in_ready) begin
        words[entered] <= in_data;
        entered        <= entered + 1;
        sum            <= sum + (entered + 32'd3) * 32'(in_data);
        if (entered == 0) hung <= in_data == '1;
      end
      if (map_valid && map_ready) begin
        map_valid <= 1'b0;
        played    <= played + 1;
      end else if (want_map && random[2]) begin
        map_valid <= 1'b1;
      end
      if (logits_valid && logits_ready) begin
        logits_valid <= 1'b0;
        answered     <= answered + 1;
      end else if (want_logits && random[4]) begin
        logits_valid <= 1'b1;
      end
      if (played >= WORDS - 1 && answered >= BEATS - 1 && resting != REST) resting <= resting + 1;
      if (played == WORDS && answered == BEATS) {entered, played, answered, sum, resting} <= '0;
    end
  end

endmodule
