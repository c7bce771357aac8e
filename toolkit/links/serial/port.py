"""Opening a serial port, and saying what to do when that fails."""

from __future__ import annotations

import contextlib
import errno
from pathlib import Path

import serial
from serial.tools import list_ports

from toolkit.runtime.errors import DeviceError

READ_S = 0.02
"""A read waits at most so long."""
_BUSY = {errno.EAGAIN, errno.EBUSY, errno.EWOULDBLOCK}


def open_port(path: str, baud: int, write_s: float) -> serial.Serial:
    """The port, for us alone, with empty buffers and as little delay as its driver can do.

    Args:
        write_s: limit of a write.

    Raises:
        DeviceError: there is no such port, or it is busy or not for this user, or not a port.
    """
    try:
        port = serial.Serial(path, baud, timeout=READ_S, write_timeout=write_s, exclusive=True)
    except (serial.SerialException, OSError, ValueError) as problem:
        raise _refused(path, baud, problem) from problem
    # Drivers hold bytes back to fill packets (FTDI: 16 ms) unless told not to; not all know the setting.
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
