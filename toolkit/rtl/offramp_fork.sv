// Hands every word of one stream to two consumers, each at its own pace.
//
// A word is held until both have taken it; the next one may enter in the cycle in which the slower takes it, so
// one word per cycle passes when both are ready. Neither output waits for the other.
module offramp_fork #(
  parameter int unsigned WIDTH = 8
) (
  input  logic             clk,
  input  logic             rst_n,
  input  logic [WIDTH-1:0] s_data,
  input  logic             s_valid,
  output logic             s_ready,
  output logic [WIDTH-1:0] m0_data,
  output logic             m0_valid,
  input  logic             m0_ready,
  output logic [WIDTH-1:0] m1_data,
  output logic             m1_valid,
  input  logic             m1_ready
);

  if (WIDTH < 1) begin : gen_bad_width
    $error("offramp_fork: WIDTH must be at least 1");
  end

  logic [WIDTH-1:0] held;
  assign m0_data = held;
  assign m1_data = held;
  assign s_ready = (!m0_valid || m0_ready) && (!m1_valid || m1_ready);

  always_ff @(posedge clk) begin
    if (s_valid && s_ready) held <= s_data;
  end

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      m0_valid <= 1'b0;
      m1_valid <= 1'b0;
    end else if (s_ready) begin
      m0_valid <= s_valid;
      m1_valid <= s_valid;
    end else begin
      if (m0_ready) m0_valid <= 1'b0;
      if (m1_ready) m1_valid <= 1'b0;
    end
  end

endmodule
