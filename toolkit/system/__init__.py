"""The system around the stage accelerators of a network: one chip with a serial port."""

from toolkit.system.build import SLOTS, build_system
from toolkit.system.system import System

__all__ = ["SLOTS", "System", "build_system"]
