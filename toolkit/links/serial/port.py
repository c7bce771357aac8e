"""Opens a serial port, with instructions in the error if that fails."""

from __future__ import annotations

import contextlib
import errno
from pathlib import Path
from typing import Protocol

import serial
from serial.tools import list_ports

from toolkit.runtime.errors import DeviceError

READ_S = 0.02
"""Time limit of a read, in seconds: short, so that deadlines and closing are noticed."""
_BUSY = {errno.EAGAIN, errno.EBUSY, errno.EWOULDBLOCK}


class Port(Protocol):
    """What a line needs of a serial port; another way for bytes raises ``OSError`` where that fails."""

    @property
    def is_open(self) -> bool:
        """Whether it can be used."""

    @property
    def in_waiting(self) -> int:
        """Number of bytes that can be read at once."""

    def read(self, size: int = 1, /) -> bytes:
        """Read up to this many bytes; fewer, if no more come for :data:`READ_S`."""

    def write(self, data: bytes, /) -> int | None:
        """Write all bytes."""

    def close(self) -> None:
        """Let go of it."""


def open_port(path: str, baud: int, write_s: float) -> serial.Serial:
    """Open a port exclusively, with empty buffers and the lowest latency that its driver supports.

    Args:
        path: path of the port.
        baud: rate in bits per second.
        write_s: time limit of a write, in seconds.

    Raises:
        DeviceError: the port does not exist, is busy, is not permitted for this user, or is no serial port.
    """
    try:
        # Exclusive: a second program would take some of the replies, and both would see damaged packets.
        port = serial.Serial(path, baud, timeout=READ_S, write_timeout=write_s, exclusive=True)
    except (serial.SerialException, OSError, ValueError) as problem:
        raise _refused(path, baud, problem) from problem
    # Drivers hold bytes back to fill USB packets (FTDI: 16 ms) unless asked not to; some lack the setting.
    with contextlib.suppress(OSError, ValueError, NotImplementedError, AttributeError):
        port.set_low_latency_mode(True)
    port.reset_input_buffer()
    port.reset_output_buffer()
    return port


def ports_in_words() -> str:
    """``Ports here: /dev/ttyUSB0 (ULX3S FPGA).``"""
    names = [f"{port.device} ({port.description})" for port in sorted(list_ports.comports())]
    return f"Ports here: {', '.join(names)}." if names else "There is no serial port on this machine."


def _refused(path: str, baud: int, problem: Exception) -> DeviceError:
    what, number = f"serial port {path}", getattr(problem, "errno", None)
    if number == errno.ENOENT:
        return DeviceError(what, expected="a serial port", found="no such device", fix=ports_in_words())
    if number in (errno.EACCES, errno.EPERM):
        group = _group(path)
        fix = f"Join the group {group} (sudo usermod -aG {group} $USER), then log in again."
        return DeviceError(what, expected="permission to read and write it", found="none", fix=fix)
    if number in _BUSY:
        found = "another program has it open"
        return DeviceError(what, expected="a free port", found=found, fix="Close that program.")
    expected = f"a serial port of {baud} baud"
    return DeviceError(what, expected=expected, found=problem, fix=ports_in_words())


def _group(path: str) -> str:
    try:
        return Path(path).group()
    except (OSError, KeyError):
        return "dialout"
