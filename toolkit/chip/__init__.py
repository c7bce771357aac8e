"""Whole systems: the stage accelerators of a network, their link and their clock on one chip."""

from toolkit.chip.build import build_system
from toolkit.chip.system import System

__all__ = ["System", "build_system"]
