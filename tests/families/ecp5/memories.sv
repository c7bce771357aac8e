// What DP16KD and MULT18X18D are made from: memories of every kind that Yosys maps, and a multiplier.

module rom #(parameter int unsigned BITS = 8, ADDRESS = 4, parameter FILE = "") (
  input logic clk, re, input logic [ADDRESS-1:0] ra, output logic [BITS-1:0] q
);
  (* ram_style = "block" *) logic [BITS-1:0] cells[2**ADDRESS];
  initial $readmemh(FILE, cells);
  always_ff @(posedge clk) if (re) q <= cells[ra];
endmodule

// One port writes, one reads. A word read while it is written is the old one, or the new one if NEW.
module simple #(parameter int unsigned BITS = 8, ADDRESS = 4, parameter bit NEW = 0, parameter FILE = "") (
  input logic clk, we, re, input logic [ADDRESS-1:0] wa, ra, input logic [BITS-1:0] d, output logic [BITS-1:0] q
);
  (* ram_style = "block" *) logic [BITS-1:0] cells[2**ADDRESS];
  initial $readmemh(FILE, cells);
  always_ff @(posedge clk) begin
    if (we) cells[wa] <= d;
    if (re) q <= NEW && we && wa == ra ? d : cells[ra];
  end
endmodule

// Words of four times as many bits at the port that reads.
module wider #(parameter int unsigned BITS = 4, ADDRESS = 6, parameter FILE = "") (
  input logic clk, we, re, input logic [ADDRESS-1:0] wa, input logic [ADDRESS-3:0] ra,
  input logic [BITS-1:0] d, output logic [4*BITS-1:0] q
);
  (* ram_style = "block" *) logic [BITS-1:0] cells[2**ADDRESS];
  initial $readmemh(FILE, cells);
  always_ff @(posedge clk) begin
    if (we) cells[wa] <= d;
    if (re) q <= {cells[{ra, 2'd3}], cells[{ra, 2'd2}], cells[{ra, 2'd1}], cells[{ra, 2'd0}]};
  end
endmodule

// With a reset of what was read.
module cleared #(
  parameter int unsigned BITS = 8, ADDRESS = 4, parameter bit ASYNC = 0, parameter FILE = ""
) (
  input logic clk, rst, we, re, input logic [ADDRESS-1:0] wa, ra,
  input logic [BITS-1:0] d, output logic [BITS-1:0] q
);
  (* ram_style = "block" *) logic [BITS-1:0] cells[2**ADDRESS];
  initial $readmemh(FILE, cells);
  always_ff @(posedge clk) if (we) cells[wa] <= d;
  if (ASYNC) begin : gen_async
    logic late;  // an edge away from the clock's
    initial late = 1'b0;
    always_ff @(posedge clk) late <= rst;
    always_ff @(posedge clk or posedge late) if (late) q <= '0; else if (re) q <= cells[ra];
  end else begin : gen_sync
    always_ff @(posedge clk) if (rst) q <= '0; else if (re) q <= cells[ra];
  end
endmodule

// One port for both. While it writes it reads the old word (0), the new one (1), or nothing (2).
module single #(
  parameter int unsigned BITS = 8, ADDRESS = 4, parameter int unsigned MODE = 0, parameter FILE = ""
) (
  input logic clk, we, re, input logic [ADDRESS-1:0] wa, input logic [BITS-1:0] d, output logic [BITS-1:0] q
);
  (* ram_style = "block" *) logic [BITS-1:0] cells[2**ADDRESS];
  initial $readmemh(FILE, cells);
  always_ff @(posedge clk) begin
    if (re) begin
      if (we) cells[wa] <= d;
      if (MODE == 0 || !we) q <= cells[wa];
      else if (MODE == 1) q <= d;
    end
  end
endmodule

// Two ports that read; one of them writes, in halves.
module dual #(parameter int unsigned BITS = 18, ADDRESS = 4, parameter FILE = "") (
  input logic clk, re, input logic [1:0] we, input logic [ADDRESS-1:0] wa, ra,
  input logic [BITS-1:0] d, output logic [2*BITS-1:0] q
);
  (* ram_style = "block" *) logic [BITS-1:0] cells[2**ADDRESS];
  initial $readmemh(FILE, cells);
  always_ff @(posedge clk) begin
    for (int i = 0; i < 2; i++) if (we[i]) cells[wa][i*BITS/2 +: BITS/2] <= d[i*BITS/2 +: BITS/2];
    if (re) q <= {cells[ra], cells[wa]};
  end
endmodule

module product #(parameter int unsigned A = 4, B = 4, parameter bit SIGNED_A = 0, SIGNED_B = 0) (
  input logic clk, input logic [A-1:0] a, input logic [B-1:0] b, output logic [A+B-1:0] q
);
  logic signed [A:0] wide_a;
  logic signed [B:0] wide_b;
  assign wide_a = {SIGNED_A && a[A-1], a};
  assign wide_b = {SIGNED_B && b[B-1], b};
  if (SIGNED_A && SIGNED_B) begin : gen_signed
    always_ff @(posedge clk) q <= $signed(a) * $signed(b);
  end else if (!SIGNED_A && !SIGNED_B) begin : gen_unsigned
    always_ff @(posedge clk) q <= a * b;
  end else begin : gen_mixed
    always_ff @(posedge clk) q <= (A + B)'(wide_a * wide_b);
  end
endmodule
