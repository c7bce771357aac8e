// A small stream design for the simulator's own tests: sums groups of beats, with offsets read from a file.
//
// in0_V: LANES signed integers of 5 bits. For each GROUP beats out0_V gets one beat: the sum of all lanes plus
// offsets.dat[group in frame] (18 bits signed). options.dat holds two words: a fault (see fault_t) that strikes
// at the fourth output beat, and the cycles an input beat takes.
module block_sum #(
  parameter int LANES = 3,
  parameter int GROUP = 4,
  parameter int GROUPS = 5  // per frame
) (
  input  logic                         ap_clk,
  input  logic                         ap_rst_n,
  input  logic [8*((5*LANES+7)/8)-1:0] in0_V_tdata,
  input  logic                         in0_V_tvalid,
  output logic                         in0_V_tready,
  output logic [23:0]                  out0_V_tdata,
  output logic                         out0_V_tvalid,
  input  logic                         out0_V_tready
);

  localparam int BYTES = (5 * LANES + 7) / 8;

  typedef enum int {NONE, DEADLOCK, ERROR, ASSERT, FINISH, EXTRA, WITHDRAWN, CHANGED, PADDING, KEPT} fault_t;

  logic signed [17:0] offsets[GROUPS];
  int options[2];
  fault_t fault;
  initial $readmemh("offsets.dat", offsets);
  initial $readmemh("options.dat", options);
  assign fault = fault_t'(options[0]);

  logic [8*BYTES-1:0] word;
  logic word_valid, word_ready;
  offramp_fifo #(.WIDTH(8*BYTES), .DEPTH(8), .ID(3)) fifo_in (
    .clk(ap_clk), .rst_n(ap_rst_n),
    .s_data(in0_V_tdata), .s_valid(in0_V_tvalid), .s_ready(in0_V_tready),
    .m_data(word), .m_valid(word_valid), .m_ready(word_ready)
  );

  logic signed [17:0] lanes_sum;
  always_comb begin
    lanes_sum = '0;
    for (int i = 0; i < LANES; i++) lanes_sum += 18'(signed'(word[5*i+:5]));
  end

  logic signed [17:0] sum;
  int beat, group, wait_cycles, given;
  logic sum_valid, sum_ready, struck;
  assign struck = given == 3;
  assign word_ready = !sum_valid && wait_cycles == 0 && !(fault == DEADLOCK && struck);

  always_ff @(posedge ap_clk) begin
    if (!ap_rst_n) begin
      beat <= 0;
      if (fault != KEPT) group <= 0;
      wait_cycles <= 0;
      sum <= '0;
      sum_valid <= 1'b0;
    end else begin
      if (wait_cycles != 0) wait_cycles <= wait_cycles - 1;
      if (sum_valid && sum_ready) sum_valid <= 1'b0;
      if (word_valid && word_ready) begin
        wait_cycles <= options[1] - 1;
        sum <= (beat == 0 ? offsets[group] : sum) + lanes_sum;
        beat <= beat == GROUP - 1 ? 0 : beat + 1;
        if (beat == GROUP - 1) begin
          group <= group == GROUPS - 1 ? 0 : group + 1;
          sum_valid <= 1'b1;
        end
      end
    end
  end

  logic signed [17:0] result;
  logic result_valid;
  offramp_fifo #(.WIDTH(18), .DEPTH(2), .ID(7)) fifo_out (
    .clk(ap_clk), .rst_n(ap_rst_n),
    .s_data(sum), .s_valid(sum_valid), .s_ready(sum_ready),
    .m_data(result), .m_valid(result_valid), .m_ready(out0_V_tready && out0_V_tvalid && !extra)
  );

  logic odd, extra;
  assign extra = fault == EXTRA && given == GROUPS;
  assign out0_V_tvalid = (result_valid || extra) && !(fault == WITHDRAWN && struck && odd);
  assign out0_V_tdata = {3'b0, fault == PADDING && struck, 2'b0, result} ^ 24'(fault == CHANGED && struck && odd);

  always_ff @(posedge ap_clk) begin
    if (!ap_rst_n) begin
      given <= 0;
      odd <= 1'b0;
    end else begin
      odd <= !odd;
      if (out0_V_tvalid && out0_V_tready) given <= given + 1;
      if (fault == ERROR && struck) $error("given is %0d", given);
      if (fault == ASSERT) assert (!struck) else $error("three were enough");
      if (fault == FINISH && struck) $finish;
    end
  end

endmodule
