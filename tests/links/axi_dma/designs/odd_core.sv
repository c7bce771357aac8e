// A small stage for tests, whose frames fill no whole number of words: 28 elements, kept until all have come.
//
// Six sums of them with weights of -1, 0 and 1 go out as logits, and all of them, shifted, as the feature map. With
// HANGS a frame whose first element is all ones is never finished.
module odd_core #(
  parameter int unsigned BITS = 6,
  parameter int unsigned LANES = 4,
  parameter int unsigned MAP_BITS = 5,
  parameter int unsigned MAP_LANES = 7,
  parameter int unsigned SHIFT = 1,
  parameter int unsigned PHASE = 0,
  parameter bit HANGS = 1'b1
) (
  input  logic                                clk,
  input  logic                                rst_n,
  input  logic [(BITS*LANES+7)/8*8-1:0]       in_data,
  input  logic                                in_valid,
  output logic                                in_ready,
  output logic [23:0]                         logits,
  output logic                                logits_valid,
  input  logic                                logits_ready,
  output logic [(MAP_BITS*MAP_LANES+7)/8*8-1:0] map,
  output logic                                map_valid,
  input  logic                                map_ready
);

  localparam int unsigned ELEMENTS = 28, CLASSES = 6;
  localparam int unsigned BEATS = ELEMENTS / LANES, MAP_BEATS = ELEMENTS / MAP_LANES, LOGIT_BEATS = CLASSES / 2;

  logic [BITS-1:0] element[ELEMENTS];
  logic signed [11:0] sum[CLASSES];
  logic hung;
  assign hung = HANGS && &element[0];
  logic [7:0] taken, logits_given, map_given;
  assign in_ready = taken < 8'(BEATS);
  assign logits_valid = !in_ready && logits_given < 8'(LOGIT_BEATS) && !hung;
  assign map_valid = !in_ready && map_given < 8'(MAP_BEATS) && !hung;
  assign logits = {sum[(logits_given*2+1)%CLASSES], sum[(logits_given*2)%CLASSES]};

  always_comb begin
    map = '0;
    for (int unsigned i = 0; i < MAP_LANES; i++) begin
      map[i*MAP_BITS+:MAP_BITS] = MAP_BITS'(element[(32'(map_given)*MAP_LANES+i)%ELEMENTS] >> SHIFT);
    end
    for (int unsigned c = 0; c < CLASSES; c++) begin
      sum[c] = '0;
      for (int unsigned i = 0; i < ELEMENTS; i++) begin
        if ((3 * i + 2 * c + PHASE) % 7 < 2) sum[c] = sum[c] - 12'(element[i] >> SHIFT);
        if ((3 * i + 2 * c + PHASE) % 7 > 4) sum[c] = sum[c] + 12'(element[i] >> SHIFT);
      end
    end
  end

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      taken        <= '0;
      logits_given <= '0;
      map_given    <= '0;
    end else begin
      if (in_valid && in_ready) begin
        for (int unsigned i = 0; i < LANES; i++) element[32'(taken)*LANES+i] <= in_data[i*BITS+:BITS];
        taken <= taken + 1'b1;
      end
      if (logits_valid && logits_ready) logits_given <= logits_given + 1'b1;
      if (map_valid && map_ready) map_given <= map_given + 1'b1;
      if (!in_ready && logits_given == 8'(LOGIT_BEATS) && map_given == 8'(MAP_BEATS)) begin
        taken        <= '0;
        logits_given <= '0;
        map_given    <= '0;
      end
    end
  end

endmodule
