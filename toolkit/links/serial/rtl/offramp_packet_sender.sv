// Makes packets of a byte stream: a sync byte, the bytes up to the one with s_last, their CRC-32, lowest byte first.
module offramp_packet_sender (
  input  logic       clk,
  input  logic       rst_n,
  input  logic [7:0] s_data,
  input  logic       s_valid,
  input  logic       s_last,
  output logic       s_ready,
  output logic [7:0] m_data,
  output logic       m_valid,
  output logic       m_last,   // of a packet
  input  logic       m_ready
);

  typedef enum logic [1:0] {
    BEGIN,
    BODY,
    CHECK
  } state_t;
  state_t state;
  logic [1:0] index;  // of the check sum's bytes

  logic crc_ready;
  /* verilator lint_off UNUSEDSIGNAL */  // all of it comes by as its lowest byte
  logic [31:0] crc;
  /* verilator lint_on UNUSEDSIGNAL */
  logic moves;
  assign moves = m_valid && m_ready;

  // A byte of the check sum taken in as it stands in the register shifts it by a byte.
  offramp_crc32 check (
    .clk,
    .clear(!rst_n || state == BEGIN),
    .s_data(state == BODY ? s_data : crc[7:0]),
    .s_valid(moves),
    .s_ready(crc_ready),
    .crc
  );

  assign m_last = state == CHECK && index == '1;
  assign s_ready = state == BODY && crc_ready && m_ready;
  always_comb begin
    unique case (state)
      BEGIN: {m_valid, m_data} = {s_valid, offramp_serial_pkg::SYNC};
      BODY: {m_valid, m_data} = {s_valid && crc_ready, s_data};
      default: {m_valid, m_data} = {crc_ready, ~crc[7:0]};
    endcase
  end

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      state <= BEGIN;
      index <= '0;
    end else if (moves) begin
      unique case (state)
        BEGIN: state <= BODY;
        BODY: if (s_last) state <= CHECK;
        default: begin
          index <= index + 1'b1;
          if (m_last) state <= BEGIN;
        end
      endcase
    end
  end

endmodule
