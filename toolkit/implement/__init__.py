"""From a system's RTL to a bitstream, with open tools; the clocks a board is offered."""

from toolkit.families.ecp5.pll import Pll, ladder, rung
from toolkit.implement.bitstream import Bitstream
from toolkit.implement.flow import build_bitstream

__all__ = ["Bitstream", "Pll", "build_bitstream", "ladder", "rung"]
