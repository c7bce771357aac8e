// A board for tests that sends back what it receives, a cycle later, behind the model of the PLL.
//
// led counts the falling edges of the line; reset sets it to START. With BREAK, a low level longer than BREAK cycles
// stops the simulation.
module mirror #(
  parameter int unsigned START = 0,
  parameter bit RESET_ACTIVE_LOW = 1'b1,
  parameter int unsigned BREAK = 0
) (
  input  logic       clk,
  input  logic       reset,
  input  logic       serial_rx,
  output logic       serial_tx,
  output logic [7:0] led
);

  logic fast, locked;
  EHXPLLL #(.CLKI_DIV(1), .CLKFB_DIV(2), .CLKOP_DIV(12)) pll (
    .CLKI(clk), .CLKFB(fast), .PHASESEL1(1'b0), .PHASESEL0(1'b0), .PHASEDIR(1'b0), .PHASESTEP(1'b0),
    .PHASELOADREG(1'b0), .STDBY(1'b0), .PLLWAKESYNC(1'b0), .RST(1'b0), .ENCLKOP(1'b0), .ENCLKOS(1'b0),
    .ENCLKOS2(1'b0), .ENCLKOS3(1'b0), .CLKOP(fast), .CLKOS(), .CLKOS2(), .CLKOS3(), .LOCK(locked), .INTLOCK(),
    .REFCLK(), .CLKINTFB()
  );

  logic held;
  int unsigned low;
  assign held = !locked || (reset != RESET_ACTIVE_LOW);
  always_ff @(posedge fast) begin
    serial_tx <= held || serial_rx;
    low <= serial_rx ? 0 : low + 1;
    if (held) led <= 8'(START);
    else if (serial_tx && !serial_rx) led <= led + 1'b1;
    if (BREAK != 0 && low > BREAK) $error("a low level of %0d cycles", low);
  end

endmodule
