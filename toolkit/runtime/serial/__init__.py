"""The device on a serial port: packets, the line, and the board behind it."""

from toolkit.runtime.serial.device import SerialDevice
from toolkit.runtime.serial.link import BAUD, LinkOptions

__all__ = ["BAUD", "LinkOptions", "SerialDevice"]
