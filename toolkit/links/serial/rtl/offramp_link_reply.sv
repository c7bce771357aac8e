// The bytes of a reply between sync and CRC: version, kind, what the request said of itself, length, payload.
module offramp_link_reply #(
  parameter int unsigned LENGTH_BITS = 16
) (
  input  logic        clk,
  input  logic        rst_n,
  input  logic        start,
  input  logic [ 7:0] kind,
  input  logic [LENGTH_BITS-1:0] length,
  output logic [ 2:0] read_place,  // of the request's header, see offramp_link_requests
  input  logic [ 7:0] read_data,
  input  logic [ 7:0] s_data,      // the payload
  input  logic        s_valid,
  output logic        s_ready,
  output logic [ 7:0] m_data,
  output logic        m_valid,
  output logic        m_last,
  input  logic        m_ready,
  output logic        done         // the last byte was taken
);

  typedef enum logic [2:0] {
    DONE,
    PLACE,
    CATCH,
    PICK,
    HEADER,
    PICK_PAYLOAD,
    PAYLOAD
  } state_t;
  state_t state;

  logic [3:0] place;
  logic [LENGTH_BITS-1:0] left;
  logic [15:0] field;
  assign field = 16'(left);
  logic empty, last;  // of left, a cycle later
  assign done = state == DONE;
  assign read_place = 3'(place + 1'b1);
  assign m_valid = state == HEADER || state == PAYLOAD;
  assign m_last = (state == HEADER) ? (place == 4'd9 && empty) : last;
  assign s_ready = state == PICK_PAYLOAD;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      state <= DONE;
    end else begin
      unique case (state)
        PLACE: state <= CATCH;
        CATCH: state <= PICK;
        PICK: state <= HEADER;
        HEADER:
        if (m_ready) begin
          if (place != 4'd9) state <= PLACE;
          else state <= empty ? DONE : PICK_PAYLOAD;
        end
        PICK_PAYLOAD: if (s_valid) state <= PAYLOAD;
        PAYLOAD: if (m_ready) state <= last ? DONE : PICK_PAYLOAD;
        default: if (start) state <= PLACE;
      endcase
    end
  end

  always_ff @(posedge clk) begin
    if (state == DONE) place <= '0;
    else if (state == HEADER && m_ready) place <= place + 1'b1;
    if (state == DONE) left <= length;
    else if (state == PAYLOAD && m_ready) left <= left - 1'b1;
    empty <= left == '0;
    last  <= left == LENGTH_BITS'(1);

    if (state == PICK_PAYLOAD) begin
      m_data <= s_data;
    end else if (state == PICK) begin
      unique case (place)
        4'd0: m_data <= offramp_serial_pkg::VERSION;
        4'd1: m_data <= kind;
        4'd8: m_data <= field[7:0];
        4'd9: m_data <= field[15:8];
        default: m_data <= read_data;
      endcase
    end
  end

endmodule
