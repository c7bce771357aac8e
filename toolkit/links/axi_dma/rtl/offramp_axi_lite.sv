// AXI4-Lite to reads and writes of 32-bit registers, one of each at a time. Every access is answered OKAY.
module offramp_axi_lite #(
  parameter int unsigned ADDRESS_BITS = 12  // of bytes
) (
  input  logic                    clk,
  input  logic                    rst_n,
  /* verilator lint_off UNUSEDSIGNAL */  // bits within a register
  input  logic [ADDRESS_BITS-1:0] s_axi_awaddr,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic                    s_axi_awvalid,
  output logic                    s_axi_awready,
  input  logic [            31:0] s_axi_wdata,
  input  logic [             3:0] s_axi_wstrb,
  input  logic                    s_axi_wvalid,
  output logic                    s_axi_wready,
  output logic [             1:0] s_axi_bresp,
  output logic                    s_axi_bvalid,
  input  logic                    s_axi_bready,
  /* verilator lint_off UNUSEDSIGNAL */
  input  logic [ADDRESS_BITS-1:0] s_axi_araddr,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic                    s_axi_arvalid,
  output logic                    s_axi_arready,
  output logic [            31:0] s_axi_rdata,
  output logic [             1:0] s_axi_rresp,
  output logic                    s_axi_rvalid,
  input  logic                    s_axi_rready,
  output logic                    write,          // a pulse
  output logic [ADDRESS_BITS-3:0] write_at,       // of a register
  output logic [            31:0] write_data,
  output logic [             3:0] write_bytes,
  output logic                    read,           // a pulse; read_data is taken with it
  output logic [ADDRESS_BITS-3:0] read_at,
  input  logic [            31:0] read_data
);

  assign s_axi_bresp = 2'b00;
  assign s_axi_rresp = 2'b00;

  logic has_address, has_data;  // of the next write
  assign s_axi_awready = !has_address;
  assign s_axi_wready = !has_data;
  assign write = has_address && has_data && (!s_axi_bvalid || s_axi_bready);

  logic asked;  // an address was taken, not yet answered
  assign s_axi_arready = !asked;
  assign read = asked && (!s_axi_rvalid || s_axi_rready);

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      has_address  <= 1'b0;
      has_data     <= 1'b0;
      asked        <= 1'b0;
      s_axi_bvalid <= 1'b0;
      s_axi_rvalid <= 1'b0;
    end else begin
      if (s_axi_awvalid && s_axi_awready) has_address <= 1'b1;
      else if (write) has_address <= 1'b0;
      if (s_axi_wvalid && s_axi_wready) has_data <= 1'b1;
      else if (write) has_data <= 1'b0;
      if (write) s_axi_bvalid <= 1'b1;
      else if (s_axi_bready) s_axi_bvalid <= 1'b0;
      if (s_axi_arvalid && s_axi_arready) asked <= 1'b1;
      else if (read) asked <= 1'b0;
      if (read) s_axi_rvalid <= 1'b1;
      else if (s_axi_rready) s_axi_rvalid <= 1'b0;
    end
  end

  always_ff @(posedge clk) begin
    if (s_axi_awvalid && s_axi_awready) write_at <= s_axi_awaddr[ADDRESS_BITS-1:2];
    if (s_axi_wvalid && s_axi_wready) begin
      write_data  <= s_axi_wdata;
      write_bytes <= s_axi_wstrb;
    end
    if (s_axi_arvalid && s_axi_arready) read_at <= s_axi_araddr[ADDRESS_BITS-1:2];
    if (read) s_axi_rdata <= read_data;
  end

endmodule
