"""A simulated board whose serial port is a pseudo-terminal."""

from toolkit.links.serial.simulated.board import SerialBoard
from toolkit.links.serial.simulated.faults import Faults, LineFaults

__all__ = ["Faults", "LineFaults", "SerialBoard"]
