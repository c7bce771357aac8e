// The stream of a DMA (AXI4-Stream, 64 bits) to the beats of a stage: a queue in front of offramp_words_to_beats.
module offramp_axis_input #(
  parameter int unsigned BEAT_BYTES = 1,
  parameter int unsigned BEATS = 1  // of a frame
) (
  input  logic                    clk,
  input  logic                    rst_n,
  input  logic [            63:0] s_axis_tdata,
  input  logic [             7:0] s_axis_tkeep,
  input  logic                    s_axis_tlast,
  input  logic                    s_axis_tvalid,
  output logic                    s_axis_tready,
  output logic [8*BEAT_BYTES-1:0] m_data,
  output logic                    m_valid,
  input  logic                    m_ready,
  output logic                    begun,          // a pulse: the first beat of a frame is taken
  output logic                    cut             // a pulse: a transfer had anything but whole frames
);

  logic [63:0] data;
  logic [7:0] keep;
  logic last, valid, ready;
  offramp_fifo #(
    .WIDTH(73),
    .DEPTH(2)
  ) queue (
    .clk,
    .rst_n,
    .s_data({s_axis_tlast, s_axis_tkeep, s_axis_tdata}),
    .s_valid(s_axis_tvalid),
    .s_ready(s_axis_tready),
    .m_data({last, keep, data}),
    .m_valid(valid),
    .m_ready(ready)
  );

  offramp_words_to_beats #(
    .WORD_BYTES(8),
    .BEAT_BYTES(BEAT_BYTES),
    .BEATS(BEATS)
  ) beats (
    .clk,
    .rst_n,
    .s_data(data),
    .s_keep(keep),
    .s_last(last),
    .s_valid(valid),
    .s_ready(ready),
    .m_data,
    .m_valid,
    .m_ready,
    .begun,
    .cut
  );

endmodule
