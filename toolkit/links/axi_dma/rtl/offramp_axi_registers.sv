// The registers of a system behind AXI4-Lite: what it is, what its stages did, their resets, and thresholds.
//
// A register that is not there reads 0, and a write to it or to a constant does nothing. Counters of 64 bits are read
// low half first, which keeps their high half in the register HIGH. Thresholds are held and read back: nothing here
// decides by them.
module offramp_axi_registers
  import offramp_axi_pkg::*;
#(
  parameter int unsigned STAGES = 1,
  parameter logic [255:0] DIGEST = '0,
  // Bytes of a frame; no map: 0.
  parameter logic [STAGES-1:0][31:0] INPUT_BYTES = {STAGES{32'd1}},
  parameter logic [STAGES-1:0][31:0] LOGITS_BYTES = {STAGES{32'd1}},
  parameter logic [STAGES-1:0][31:0] MAP_BYTES = '0
) (
  input  logic                    clk,
  input  logic                    rst_n,
  input  logic [            11:0] s_axi_awaddr,
  input  logic                    s_axi_awvalid,
  output logic                    s_axi_awready,
  input  logic [            31:0] s_axi_wdata,
  input  logic [             3:0] s_axi_wstrb,
  input  logic                    s_axi_wvalid,
  output logic                    s_axi_wready,
  output logic [             1:0] s_axi_bresp,
  output logic                    s_axi_bvalid,
  input  logic                    s_axi_bready,
  input  logic [            11:0] s_axi_araddr,
  input  logic                    s_axi_arvalid,
  output logic                    s_axi_arready,
  output logic [            31:0] s_axi_rdata,
  output logic [             1:0] s_axi_rresp,
  output logic                    s_axi_rvalid,
  input  logic                    s_axi_rready,
  output logic [STAGES-1:0]       stage_rst_n,
  input  logic [STAGES-1:0][31:0] frames_in,
  input  logic [STAGES-1:0][31:0] frames_cut,
  input  logic [STAGES-1:0][31:0] logits_out,
  input  logic [STAGES-1:0][31:0] maps_out,
  input  logic [STAGES-1:0][63:0] busy,
  input  logic [STAGES-1:0][63:0] stalled
);

  if (STAGES < 1 || STAGES > MOST_STAGES) begin : gen_bad_stages
    $error("offramp_axi_registers: STAGES must be 1 to %0d", MOST_STAGES);
  end

  logic write, read;
  logic [9:0] write_at, read_at;
  logic [31:0] write_data, read_data;
  logic [3:0] write_bytes;
  offramp_axi_lite #(
    .ADDRESS_BITS(12)
  ) port (
    .clk,
    .rst_n,
    .s_axi_awaddr,
    .s_axi_awvalid,
    .s_axi_awready,
    .s_axi_wdata,
    .s_axi_wstrb,
    .s_axi_wvalid,
    .s_axi_wready,
    .s_axi_bresp,
    .s_axi_bvalid,
    .s_axi_bready,
    .s_axi_araddr,
    .s_axi_arvalid,
    .s_axi_arready,
    .s_axi_rdata,
    .s_axi_rresp,
    .s_axi_rvalid,
    .s_axi_rready,
    .write,
    .write_at,
    .write_data,
    .write_bytes,
    .read,
    .read_at,
    .read_data
  );

  logic [STAGES-1:0][31:0] threshold;  // the last stage's is not written
  logic [STAGES-1:0] resets;
  logic [31:0] high, high_next;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      threshold   <= '0;
      resets      <= '0;
      stage_rst_n <= '0;
    end else begin
      stage_rst_n <= ~resets;
      for (int unsigned k = 0; k < STAGES; k++) begin
        for (int unsigned b = 0; b < 4; b++) begin
          if (write && write_bytes[b] && k + 1 < STAGES && write_at == 10'(THRESHOLD_AT + k)) begin
            threshold[k][8*b+:8] <= write_data[8*b+:8];
          end
        end
        if (write && write_bytes[0] && write_at == 10'(STAGE_AT + k * STAGE_REGISTERS + RESET_IN_STAGE)) begin
          resets[k] <= write_data[0];
        end
      end
    end
    if (read) high <= high_next;
  end

  always_comb begin
    read_data = '0;
    high_next = high;
    if (read_at == 10'(IDENTITY_AT)) read_data = IDENTITY;
    if (read_at == 10'(VERSION_AT)) read_data = VERSION;
    if (read_at == 10'(STAGES_AT)) read_data = STAGES;
    if (read_at == 10'(HIGH_AT)) read_data = high;
    for (int unsigned i = 0; i < 8; i++) begin
      if (read_at == 10'(DIGEST_AT + i)) read_data = DIGEST[32*(7-i)+:32];
    end
    for (int unsigned k = 0; k < STAGES; k++) begin
      if (read_at == 10'(THRESHOLD_AT + k)) read_data = threshold[k];
      if (read_at / 10'(STAGE_REGISTERS) == 10'(STAGE_AT / STAGE_REGISTERS + k)) begin
        unique case (32'(read_at % 10'(STAGE_REGISTERS)))
          RESET_IN_STAGE: read_data = 32'(resets[k]);
          INPUT_BYTES_IN_STAGE: read_data = INPUT_BYTES[k];
          LOGITS_BYTES_IN_STAGE: read_data = LOGITS_BYTES[k];
          MAP_BYTES_IN_STAGE: read_data = MAP_BYTES[k];
          FRAMES_IN_IN_STAGE: read_data = frames_in[k];
          FRAMES_CUT_IN_STAGE: read_data = frames_cut[k];
          LOGITS_OUT_IN_STAGE: read_data = logits_out[k];
          MAPS_OUT_IN_STAGE: read_data = maps_out[k];
          BUSY_IN_STAGE: {high_next, read_data} = busy[k];
          STALLED_IN_STAGE: {high_next, read_data} = stalled[k];
          default: read_data = '0;
        endcase
      end
    end
  end

endmodule
