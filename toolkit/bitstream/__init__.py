"""From a system's RTL to a bitstream, with open tools; the clocks a board is offered."""

from toolkit.bitstream.bitstream import Bitstream
from toolkit.bitstream.flow import build_bitstream
from toolkit.bitstream.pll import Pll, ladder, rung

__all__ = ["Bitstream", "Pll", "build_bitstream", "ladder", "rung"]
