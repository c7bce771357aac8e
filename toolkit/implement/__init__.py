"""Runs the toolchain of a chip family on a system: from RTL to a checked bitstream."""

from toolkit.implement.bitstream import Bitstream
from toolkit.implement.build import build_bitstream
from toolkit.implement.implementation import Implementation

__all__ = ["Bitstream", "Implementation", "build_bitstream"]
