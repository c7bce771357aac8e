"""The device on a serial port: packets, the line, and the board behind it."""

from toolkit.links.serial.device import SerialDevice
from toolkit.links.serial.link import BAUD, LinkOptions

__all__ = ["BAUD", "LinkOptions", "SerialDevice"]
