"""A board's top level in simulation, its serial port on a pseudo-terminal."""

from toolkit.links.serial.simulated.board import BoardState, SerialBoard
from toolkit.links.serial.simulated.faults import Faults, LineFaults

__all__ = ["BoardState", "Faults", "LineFaults", "SerialBoard"]
