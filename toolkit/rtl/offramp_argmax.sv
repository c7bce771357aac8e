// Which of a frame's elements is the greatest: signed numbers that come bit by bit, lowest first.
//
// The lowest index among equals. Elements of fewer than ELEMENT_BITS bits take the highest places; all of a frame
// have as many.
module offramp_argmax #(
  parameter int unsigned ELEMENT_BITS = 16,
  parameter int unsigned INDEX_BITS = 4,
  localparam int unsigned PLACE_BITS = (ELEMENT_BITS > 1) ? $clog2(ELEMENT_BITS) : 1
) (
  input  logic                  clk,
  input  logic                  clear,    // a frame begins; a bit that comes with it is not taken
  input  logic                  s_bit,
  input  logic [PLACE_BITS-1:0] s_place,
  input  logic                  s_valid,
  output logic [INDEX_BITS-1:0] index     // of the greatest so far; modulo 2 ** INDEX_BITS
);

  if (ELEMENT_BITS < 1 || INDEX_BITS < 1) begin : gen_bad_sizes
    $error("offramp_argmax: ELEMENT_BITS and INDEX_BITS must be at least 1");
  end

  logic [ELEMENT_BITS-1:0] element;  // as far as it came
  logic [ELEMENT_BITS-1:0] best;
  logic [INDEX_BITS-1:0] count;
  logic first, greater, differs, sign, better;
  if (ELEMENT_BITS == 1) begin : gen_bit
    assign element = s_bit;
  end else begin : gen_bits
    logic [ELEMENT_BITS-2:0] earlier;
    always_ff @(posedge clk) begin
      if (s_valid) earlier <= element[ELEMENT_BITS-1:1];
    end
    assign element = {s_bit, earlier};
  end
  assign sign = s_place == PLACE_BITS'(ELEMENT_BITS - 1);
  assign differs = s_bit != best[s_place];
  assign better = first || (differs ? !s_bit : greater);  // with the sign: it weighs negatively

  always_ff @(posedge clk) begin
    if (clear) begin
      first   <= 1'b1;
      greater <= 1'b0;
      count   <= '0;
      index   <= '0;
    end else if (s_valid) begin
      if (sign) begin
        first   <= 1'b0;
        greater <= 1'b0;
        count   <= count + 1'b1;
        if (better) index <= count;
      end else if (differs) begin
        greater <= s_bit;
      end
    end
    if (s_valid && sign && better) best <= element;
  end

endmodule
