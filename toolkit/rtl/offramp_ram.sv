// A memory with one port to write and one to read, for block RAM: what is read appears a cycle later and stays.
//
// A word must not be read in the cycle in which it is written.
module offramp_ram #(
  parameter int unsigned WIDTH = 8,
  parameter int unsigned WORDS = 512,
  localparam int unsigned ADDRESS_BITS = (WORDS > 1) ? $clog2(WORDS) : 1
) (
  input  logic                    clk,
  input  logic                    write,
  input  logic [ADDRESS_BITS-1:0] write_at,
  input  logic [       WIDTH-1:0] write_data,
  input  logic                    read,
  input  logic [ADDRESS_BITS-1:0] read_at,
  output logic [       WIDTH-1:0] read_data
);

  (* no_rw_check, ram_style = "block" *) logic [WIDTH-1:0] memory[WORDS];

  always_ff @(posedge clk) begin
    if (write) memory[write_at] <= write_data;
    if (read) read_data <= memory[read_at];
  end

endmodule
