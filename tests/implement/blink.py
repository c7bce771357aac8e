"""A small system without accelerators: a counter behind the PLL, a block RAM and a product."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from toolkit.families.ecp5.pll import Pll

TOP = """\
module offramp_top (
  input logic clk, reset, serial_rx, output logic serial_tx, output logic [7:0] led, output logic [0:0] high
);
  logic core, locked;
  EHXPLLL #(.CLKI_DIV({clki}), .CLKFB_DIV({clkfb}), .CLKOP_DIV({clkop}), .CLKOP_CPHASE({phase})) pll (
    .CLKI(clk), .CLKFB(core), .CLKOP(core), .LOCK(locked), .RST(1'b0), .STDBY(1'b0), .PHASESEL0(1'b0),
    .PHASESEL1(1'b0), .PHASEDIR(1'b0), .PHASESTEP(1'b0), .PHASELOADREG(1'b0), .PLLWAKESYNC(1'b0),
    .ENCLKOP(1'b0), .ENCLKOS(1'b0), .ENCLKOS2(1'b0), .ENCLKOS3(1'b0), .CLKOS(), .CLKOS2(), .CLKOS3(),
    .INTLOCK(), .REFCLK(), .CLKINTFB());
  logic [31:0] count;
  logic [7:0] memory[512];
  initial $readmemh("lights.dat", memory);
  logic [15:0] a, b, p;
  always_ff @(posedge core) count <= (reset || !locked) ? '0 : count + 1'b1;
  always_ff @(posedge core) begin
    led <= memory[count[31:23]];
    {{a, b}} <= count;
    p <= a * b;
  end
  assign serial_tx = serial_rx ^ p[15];
  assign high = 1'b1;
endmodule
"""


@dataclass(frozen=True)
class Design:
    """What a bitstream is made from."""

    path: Path
    top: str = "offramp_top"
    sources: tuple[str, ...] = ("rtl/top.sv",)
    data: tuple[str, ...] = ("data/lights.dat",)
    digest: str = "d" * 64


def blink(folder: Path, pll: Pll, text: str = TOP) -> Design:
    """Write the system for a clock into ``folder``."""
    for name in ("rtl", "data"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    numbers = {
        "clki": pll.clki_div,
        "clkfb": pll.clkfb_div,
        "clkop": pll.clkop_div,
        "phase": pll.clkop_div - 1,
    }
    (folder / "rtl" / "top.sv").write_text(text.format(**numbers))
    (folder / "data" / "lights.dat").write_text("".join(f"{i * 37 % 256:02x}\n" for i in range(512)))
    return Design(folder)
