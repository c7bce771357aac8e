// Takes the place of every queue in a simulation that stalls inside the design: the queue, held back at random.
//
// offramp_stall() is asked at every clock edge, once per side (0 input, 1 output), whether to withhold s_ready or
// m_valid in the next cycle. The queue itself goes by the name offramp_fifo_plain then.
module offramp_fifo #(
  parameter int unsigned WIDTH = 8,
  parameter int unsigned DEPTH = 2,
  parameter int ID = 0
) (
  input  logic             clk,
  input  logic             rst_n,
  input  logic [WIDTH-1:0] s_data,
  input  logic             s_valid,
  output logic             s_ready,
  output logic [WIDTH-1:0] m_data,
  output logic             m_valid,
  input  logic             m_ready
);

  import "DPI-C" function int offramp_stall(
    input int id,
    input int side
  );

  logic hold_in;
  logic hold_out;
  logic room;
  logic shown;
  assign s_ready = room && !hold_in;
  assign m_valid = shown && !hold_out;

  offramp_fifo_plain #(
    .WIDTH(WIDTH),
    .DEPTH(DEPTH),
    .ID(ID)
  ) queue (
    .clk(clk),
    .rst_n(rst_n),
    .s_data(s_data),
    .s_valid(s_valid && !hold_in),
    .s_ready(room),
    .m_data(m_data),
    .m_valid(shown),
    .m_ready(m_ready && !hold_out)
  );

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      hold_in  <= 1'b0;
      hold_out <= 1'b0;
    end else begin
      hold_in  <= offramp_stall(ID, 0) != 0;
      // A word that the consumer has seen stays shown until it is taken.
      hold_out <= offramp_stall(ID, 1) != 0 && !(m_valid && !m_ready);
    end
  end

endmodule
