// Stands for every queue in a netlist of mutants.
//
// As a black box, whose ports must all be OFFRAMP_PORT bits wide, it keeps its place for the simulation. In a proof, where
// they are WIDTH bits, it is any queue and more: it gives and takes any words whenever it likes. A word counts only where
// it is valid, readiness only where there is a word.
module offramp_fifo #(
  parameter int unsigned WIDTH = 8,
  parameter int unsigned DEPTH = 2,
  parameter int ID = 0
) (
  input  logic clk,
  input  logic rst_n,
  input  logic [`OFFRAMP_PORT-1:0] s_data,
  input  logic s_valid,
  output logic s_ready,
  output logic [`OFFRAMP_PORT-1:0] m_data,
  output logic m_valid,
  input  logic m_ready
);

  offramp_end data[WIDTH-1:0] (
    .out(s_data[WIDTH-1:0] & {WIDTH{s_valid}}),
    .in(m_data[WIDTH-1:0])
  );

  offramp_end word (
    .out(s_valid),
    .in(m_valid)
  );

  offramp_end space (
    .out(m_ready & m_valid),
    .in(s_ready)
  );

endmodule

// One bit each that leaves the layers and that comes in: a port of the netlist in the end.
(* blackbox *)
module offramp_end (
  input  logic out,
  output logic in
);
endmodule
