"""The system around the stage accelerators of a network: one chip with a serial port."""

from toolkit.chip.build import SLOTS, build_system
from toolkit.chip.system import System

__all__ = ["SLOTS", "System", "build_system"]
