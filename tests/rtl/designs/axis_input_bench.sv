// offramp_axis_input with one input, {tlast, tkeep, tdata}; each beat shows the frames begun before it and those cut.
module axis_input_bench #(
  parameter int unsigned BEAT_BYTES = 1,
  parameter int unsigned BEATS = 1
) (
  input  logic                       clk,
  input  logic                       rst_n,
  input  logic [               72:0] s_data,
  input  logic                       s_valid,
  output logic                       s_ready,
  output logic [8*BEAT_BYTES+32-1:0] m_data,
  output logic                       m_valid,
  input  logic                       m_ready
);

  logic begun, cut;
  logic [15:0] begun_before, cuts;
  logic [8*BEAT_BYTES-1:0] beat;
  assign m_data = {cuts, begun_before + 16'(begun), beat};
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      begun_before <= '0;
      cuts         <= '0;
    end else begin
      begun_before <= begun_before + 16'(begun);
      cuts         <= cuts + 16'(cut);
    end
  end

  offramp_axis_input #(
    .BEAT_BYTES(BEAT_BYTES),
    .BEATS(BEATS)
  ) block (
    .clk,
    .rst_n,
    .s_axis_tdata(s_data[63:0]),
    .s_axis_tkeep(s_data[71:64]),
    .s_axis_tlast(s_data[72]),
    .s_axis_tvalid(s_valid),
    .s_axis_tready(s_ready),
    .m_data(beat),
    .m_valid,
    .m_ready,
    .begun,
    .cut
  );

endmodule
