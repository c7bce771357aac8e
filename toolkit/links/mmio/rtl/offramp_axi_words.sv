// AXI3 to reads and writes of 32-bit words, one of each at a time. Every access is answered OKAY, and soon.
//
// Bursts are taken as INCR of whole words, as a processor makes them for device memory; write strobes are not looked
// at. What a write does is done when its response is given.
module offramp_axi_words #(
  parameter int unsigned ADDRESS_BITS = 12,  // of bytes
  parameter int unsigned ID_BITS = 12
) (
  input  logic                    clk,
  input  logic                    rst_n,
  input  logic [     ID_BITS-1:0] s_axi_awid,
  /* verilator lint_off UNUSEDSIGNAL */  // bits within a word
  input  logic [ADDRESS_BITS-1:0] s_axi_awaddr,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic                    s_axi_awvalid,
  output logic                    s_axi_awready,
  input  logic [            31:0] s_axi_wdata,
  input  logic                    s_axi_wlast,
  input  logic                    s_axi_wvalid,
  output logic                    s_axi_wready,
  output logic [     ID_BITS-1:0] s_axi_bid,
  output logic                    s_axi_bvalid,
  input  logic                    s_axi_bready,
  input  logic [     ID_BITS-1:0] s_axi_arid,
  /* verilator lint_off UNUSEDSIGNAL */
  input  logic [ADDRESS_BITS-1:0] s_axi_araddr,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [             3:0] s_axi_arlen,    // words, less one
  input  logic                    s_axi_arvalid,
  output logic                    s_axi_arready,
  output logic [     ID_BITS-1:0] s_axi_rid,
  output logic [            31:0] s_axi_rdata,
  output logic                    s_axi_rlast,
  output logic                    s_axi_rvalid,
  input  logic                    s_axi_rready,
  output logic                    write,          // a pulse
  output logic [ADDRESS_BITS-3:0] write_at,       // of a word
  output logic [            31:0] write_data,
  output logic [ADDRESS_BITS-3:0] read_at,
  input  logic [            31:0] read_data       // a cycle later
);

  typedef enum logic [1:0] {
    ADDRESS,
    DATA,
    DONE,
    ANSWER
  } write_state_t;
  write_state_t write_state;
  logic [ADDRESS_BITS-3:0] next_at;

  assign s_axi_awready = rst_n && write_state == ADDRESS;
  assign s_axi_wready = write_state == DATA;
  assign s_axi_bvalid = write_state == ANSWER;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      write_state <= ADDRESS;
      write       <= 1'b0;
    end else begin
      write <= s_axi_wvalid && s_axi_wready;
      unique case (write_state)
        ADDRESS: if (s_axi_awvalid) write_state <= DATA;
        DATA: if (s_axi_wvalid && s_axi_wlast) write_state <= DONE;
        DONE: write_state <= ANSWER;
        default: if (s_axi_bready) write_state <= ADDRESS;
      endcase
    end

    if (write_state == ADDRESS) begin
      s_axi_bid <= s_axi_awid;
      next_at   <= s_axi_awaddr[ADDRESS_BITS-1:2];
    end else if (s_axi_wvalid && s_axi_wready) begin
      next_at <= next_at + 1'b1;
    end
    write_at   <= next_at;
    write_data <= s_axi_wdata;
  end

  typedef enum logic [1:0] {
    ASK,
    FETCH,
    LOAD,
    GIVE
  } read_state_t;
  read_state_t read_state;
  logic [3:0] left;  // words after this one

  assign s_axi_arready = rst_n && read_state == ASK;
  assign s_axi_rvalid = read_state == GIVE;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      read_state <= ASK;
    end else begin
      unique case (read_state)
        ASK: if (s_axi_arvalid) read_state <= FETCH;
        FETCH: read_state <= LOAD;
        LOAD: read_state <= GIVE;
        default: if (s_axi_rready) read_state <= s_axi_rlast ? ASK : FETCH;
      endcase
    end

    if (read_state == ASK) begin
      s_axi_rid <= s_axi_arid;
      read_at   <= s_axi_araddr[ADDRESS_BITS-1:2];
      left      <= s_axi_arlen;
    end else if (s_axi_rvalid && s_axi_rready) begin
      read_at <= read_at + 1'b1;
      left    <= left - 1'b1;
    end
    if (read_state == LOAD) begin
      s_axi_rdata <= read_data;
      s_axi_rlast <= left == '0;
    end
  end

endmodule
