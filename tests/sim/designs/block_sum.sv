// A small stream design for the simulator's own tests: sums groups of beats, with offsets read from a file.
//
// in0_V: LANES signed integers of 5 bits. For each GROUP beats out0_V gets one beat: the sum of all lanes plus
// offsets.dat[group in frame] (18 bits signed). FAULT makes it misbehave at the fourth output beat.
module block_sum #(
  parameter int LANES = 3,
  parameter int GROUP = 4,
  parameter int GROUPS = 5,  // per frame
  parameter int SLOW = 1,    // cycles per input beat
  parameter string FAULT = "none"
) (
  input  logic        ap_clk,
  input  logic        ap_rst_n,
  input  logic [8*((5*LANES+7)/8)-1:0] in0_V_tdata,
  input  logic        in0_V_tvalid,
  output logic        in0_V_tready,
  output logic [23:0] out0_V_tdata,
  output logic        out0_V_tvalid,
  input  logic        out0_V_tready
);

  localparam int BYTES = (5 * LANES + 7) / 8;

  logic [8*BYTES-1:0] word;
  logic word_valid, word_ready;
  offramp_fifo #(.WIDTH(8*BYTES), .DEPTH(8), .ID(3)) fifo_in (
    .clk(ap_clk), .rst_n(ap_rst_n),
    .s_data(in0_V_tdata), .s_valid(in0_V_tvalid), .s_ready(in0_V_tready),
    .m_data(word), .m_valid(word_valid), .m_ready(word_ready)
  );

  logic signed [17:0] offsets[GROUPS];
  initial $readmemh("offsets.dat", offsets);

  logic signed [17:0] lanes_sum;
  always_comb begin
    lanes_sum = '0;
    for (int i = 0; i < LANES; i++) lanes_sum += 18'(signed'(word[5*i+:5]));
  end

  logic signed [17:0] sum;
  int beat, group, wait_cycles, given;
  logic sum_valid, sum_ready;
  logic dead;
  assign dead = FAULT == "deadlock" && given == 3;
  assign word_ready = !sum_valid && wait_cycles == 0 && !dead;

  always_ff @(posedge ap_clk) begin
    if (!ap_rst_n) begin
      beat <= 0; group <= 0; wait_cycles <= 0; sum <= '0; sum_valid <= 1'b0;
    end else begin
      if (wait_cycles != 0) wait_cycles <= wait_cycles - 1;
      if (word_valid && word_ready) begin
        wait_cycles <= SLOW - 1;
        sum <= (beat == 0 ? offsets[group] : sum) + lanes_sum;
        beat <= beat == GROUP - 1 ? 0 : beat + 1;
        if (beat == GROUP - 1) begin
          group <= group == GROUPS - 1 ? 0 : group + 1;
          sum_valid <= 1'b1;
        end
      end
      if (sum_valid && sum_ready) sum_valid <= 1'b0;
    end
  end

  logic signed [17:0] out;
  logic out_valid, out_ready;
  offramp_fifo #(.WIDTH(18), .DEPTH(2), .ID(7)) fifo_out (
    .clk(ap_clk), .rst_n(ap_rst_n),
    .s_data(sum), .s_valid(sum_valid), .s_ready(sum_ready),
    .m_data(out), .m_valid(out_valid), .m_ready(out_ready)
  );

  int hidden;
  always_ff @(posedge ap_clk) begin
    if (!ap_rst_n) begin
      given <= 0; hidden <= 0;
    end else begin
      hidden <= hidden + 1;
      if (out0_V_tvalid && out0_V_tready) given <= given + 1;
      if (FAULT == "error" && given == 3) $error("given is %0d", given);
      if (FAULT == "assert") assert (given != 3) else $error("three were enough");
      if (FAULT == "finish" && given == 3) $finish;
    end
  end
  assign out_ready = out0_V_tready && out0_V_tvalid && !(FAULT == "extra" && given == GROUPS);
  assign out0_V_tvalid = (out_valid || (FAULT == "extra" && given == GROUPS))
                         && !(FAULT == "withdrawn" && given == 3 && hidden[0]);
  assign out0_V_tdata = 24'(signed'(out)) ^ 24'(FAULT == "changed" && given == 3 && hidden[0]);

endmodule
