// What stands around a netlist while a mutant of it is compared with the netlist as it is. See proof.py.

// Any queue, and more: it gives and takes any words whenever it likes.
// A word counts only where it is valid, readiness only where there is a word.
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

  for (genvar i = 0; i < WIDTH; i++) begin : gen_bit
    offramp_end data (
      .out(s_data[i] & s_valid),
      .in(m_data[i])
    );
  end

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

// The comparison begins after a cycle of reset, in which every register that has no reset is 0.
module offramp_compared (
  input  logic clk,
  output logic wrong
);

  logic started = 1'b0;
  logic differs;

  always_ff @(posedge clk) started <= 1'b1;
  assign wrong = started && differs;

  miter miter (
    .in_ap_clk(clk),
    .in_ap_rst_n(started),
    .trigger(differs)
  );

endmodule
