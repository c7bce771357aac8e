// CRC-32 of a byte stream (IEEE 802.3: reflected polynomial 0xEDB88320, as zlib.crc32), one byte in 8 cycles.
//
// The check sum is the complement of crc. crc ends as RESIDUE when the bytes of the check sum, lowest first, were
// taken in too.
module offramp_crc32 (
  input  logic        clk,
  input  logic        clear,    // start over; a byte that comes with it is not taken
  input  logic [ 7:0] s_data,
  input  logic        s_valid,
  output logic        s_ready,
  output logic [31:0] crc
);

  localparam logic [31:0] POLYNOMIAL = 32'hedb88320;

  logic [7:0] shift;
  logic [2:0] left;
  logic odd;
  assign odd = crc[0] ^ shift[0];

  always_ff @(posedge clk) begin
    if (clear) begin
      crc     <= '1;
      s_ready <= 1'b1;
    end else if (!s_ready) begin
      crc     <= {1'b0, crc[31:1]} ^ (odd ? POLYNOMIAL : '0);
      s_ready <= left == '0;
    end else if (s_valid) begin
      s_ready <= 1'b0;
    end

    if (s_ready) begin
      shift <= s_data;
      left  <= '1;
    end else begin
      shift <= {1'b0, shift[7:1]};
      left  <= left - 1'b1;
    end
  end

endmodule
