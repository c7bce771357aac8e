"""A board at a serial port."""

from __future__ import annotations

from .board import BoardError
from .contents import Package
from .packets import SILENCE_S, WAIT_S, PacketLink


class SerialLink(PacketLink):
    """Stages behind a serial port.

    Args:
        package: package, which brings rate and protocol.
        port: path of the port.
        silence_s: see :class:`PacketLink`.

    Raises:
        BoardError: the port cannot be opened, or nothing answers.
    """

    def __init__(self, package: Package, port: str, silence_s: float = SILENCE_S) -> None:
        try:
            import serial
        except ImportError as problem:
            raise BoardError("pyserial is missing: pip install pyserial") from problem
        try:  # errors of pyserial are OSErrors
            opened = serial.Serial(port, package.about["link"]["baud"], timeout=WAIT_S, exclusive=True)
        except (OSError, ValueError) as problem:
            raise BoardError(f"serial port {port}: {problem}") from problem
        super().__init__(package, port, opened, silence_s)
