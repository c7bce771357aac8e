// offramp_axis_output with one output, {tlast, tkeep, tdata}; each word also shows the frames that were done before it.
module axis_output_bench #(
  parameter int unsigned BEAT_BYTES = 1,
  parameter int unsigned BEATS = 1
) (
  input  logic                    clk,
  input  logic                    rst_n,
  input  logic [8*BEAT_BYTES-1:0] s_data,
  input  logic                    s_valid,
  output logic                    s_ready,
  output logic [            88:0] m_data,
  output logic                    m_valid,
  input  logic                    m_ready
);

  logic done;
  logic [15:0] frames;
  assign m_data[88:73] = frames;
  always_ff @(posedge clk) begin
    if (!rst_n) frames <= '0;
    else frames <= frames + 16'(done);
  end

  offramp_axis_output #(
    .BEAT_BYTES(BEAT_BYTES),
    .BEATS(BEATS)
  ) block (
    .clk,
    .rst_n,
    .s_data,
    .s_valid,
    .s_ready,
    .m_axis_tdata(m_data[63:0]),
    .m_axis_tkeep(m_data[71:64]),
    .m_axis_tlast(m_data[72]),
    .m_axis_tvalid(m_valid),
    .m_axis_tready(m_ready),
    .done
  );

endmodule
