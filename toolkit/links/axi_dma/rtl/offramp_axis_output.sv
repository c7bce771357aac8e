// The beats of a stage to the stream of a DMA (AXI4-Stream, 64 bits), a packet per frame: a queue behind
// offramp_beats_to_words.
module offramp_axis_output #(
  parameter int unsigned BEAT_BYTES = 1,
  parameter int unsigned BEATS = 1  // of a frame
) (
  input  logic                    clk,
  input  logic                    rst_n,
  input  logic [8*BEAT_BYTES-1:0] s_data,
  input  logic                    s_valid,
  output logic                    s_ready,
  output logic [            63:0] m_axis_tdata,
  output logic [             7:0] m_axis_tkeep,
  output logic                    m_axis_tlast,
  output logic                    m_axis_tvalid,
  input  logic                    m_axis_tready,
  output logic                    done            // a pulse: the last word of a frame is taken
);

  logic [63:0] data;
  logic [7:0] keep;
  logic last, valid, ready;
  offramp_beats_to_words #(
    .WORD_BYTES(8),
    .BEAT_BYTES(BEAT_BYTES),
    .BEATS(BEATS)
  ) words (
    .clk,
    .rst_n,
    .s_data,
    .s_valid,
    .s_ready,
    .m_data(data),
    .m_keep(keep),
    .m_last(last),
    .m_valid(valid),
    .m_ready(ready)
  );

  offramp_fifo #(
    .WIDTH(73),
    .DEPTH(2)
  ) queue (
    .clk,
    .rst_n,
    .s_data({last, keep, data}),
    .s_valid(valid),
    .s_ready(ready),
    .m_data({m_axis_tlast, m_axis_tkeep, m_axis_tdata}),
    .m_valid(m_axis_tvalid),
    .m_ready(m_axis_tready)
  );

  assign done = m_axis_tvalid && m_axis_tready && m_axis_tlast;

endmodule
