// Running maximum over windows that a depthwise window generator has laid out one after the other.
//
// The input is a sequence of windows of WINDOW beats, each beat PE values of ELEM_BITS bits (two's complement
// if SIGNED); the output is one beat of PE maxima per window. It takes one beat per cycle.
module offramp_maxpool #(
  parameter int unsigned PE = 1,
  parameter int unsigned ELEM_BITS = 8,
  parameter bit SIGNED = 1'b0,
  parameter int unsigned WINDOW = 4
) (
  input  logic                    clk,
  input  logic                    rst_n,
  input  logic [PE*ELEM_BITS-1:0] s_data,
  input  logic                    s_valid,
  output logic                    s_ready,
  output logic [PE*ELEM_BITS-1:0] m_data,
  output logic                    m_valid,
  input  logic                    m_ready
);

  if (PE < 1 || ELEM_BITS < 1 || WINDOW < 1) begin : gen_bad_parameters
    $error("offramp_maxpool: PE, ELEM_BITS and WINDOW must be at least 1");
  end

  logic push;
  logic first;
  logic last;

  // m_data collects the maximum and is shown once the window is complete, so a new window may begin only
  // when the last maximum leaves.
  assign s_ready = !m_valid || m_ready;
  assign push = s_valid && s_ready;

  if (WINDOW == 1) begin : gen_single
    assign first = 1'b1;
    assign last  = 1'b1;
  end else begin : gen_counter
    localparam int unsigned COUNT_BITS = $clog2(WINDOW);
    logic [COUNT_BITS-1:0] count;
    assign first = count == '0;
    assign last  = count == COUNT_BITS'(WINDOW - 1);

    always_ff @(posedge clk) begin
      if (!rst_n) count <= '0;
      else if (push) count <= last ? '0 : count + 1'b1;
    end
  end

  for (genvar i = 0; i < PE; i++) begin : gen_lane
    logic [ELEM_BITS-1:0] value;
    logic [ELEM_BITS-1:0] best;
    logic greater;
    assign value = s_data[i*ELEM_BITS+:ELEM_BITS];
    assign best  = m_data[i*ELEM_BITS+:ELEM_BITS];
    if (SIGNED) begin : gen_signed
      assign greater = $signed(value) > $signed(best);
    end else begin : gen_unsigned
      assign greater = value > best;
    end

    always_ff @(posedge clk) begin
      if (push && (first || greater)) m_data[i*ELEM_BITS+:ELEM_BITS] <= value;
    end
  end

  always_ff @(posedge clk) begin
    if (!rst_n) m_valid <= 1'b0;
    else if (s_ready) m_valid <= s_valid && last;
  end

endmodule
