"""A board's top level in simulation, its serial port on a pseudo-terminal."""

from toolkit.sim.serial.board import BoardState, SerialBoard
from toolkit.sim.serial.faults import Faults, LineFaults

__all__ = ["BoardState", "Faults", "LineFaults", "SerialBoard"]
