"""Opening a board: what can be wrong, and what the error says to do."""

from __future__ import annotations

import errno
import os
import pty
from pathlib import Path

import pytest
import serial

from tests.runtime import toy
from tests.runtime.conftest import serial_device
from tests.runtime.fake_board import DIGEST, FakeBoard
from toolkit.core.errors import ArtifactError, UnsupportedVersion
from toolkit.links.serial import LineOptions, SerialDevice
from toolkit.runtime import DeviceError

QUICK = LineOptions(reply_s=0.05, retries=2)


def open_at(port: str) -> SerialDevice:
    return SerialDevice.open(port, digest=DIGEST, streams=toy.streams(2), options=QUICK)


def test_no_such_port(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match=r"none; .*no such device. (Ports here: /|There is no serial port)"):
        open_at(str(tmp_path / "none"))


def test_the_ports_there_are_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Port:
        device, description = "/dev/ttyUSB7", "ULX3S FPGA"

    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: [Port()])
    with pytest.raises(DeviceError, match=r"Ports here: /dev/ttyUSB7 \(ULX3S FPGA\)\."):
        open_at(str(tmp_path / "none"))


def test_not_a_port(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(DeviceError, match="expected a serial port of 3000000 baud"):
        open_at(str(file))


def test_no_permission(fake_board: FakeBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise serial.SerialException(errno.EACCES, "could not open port")

    monkeypatch.setattr(serial, "Serial", refuse)
    group = Path(fake_board.port).group()
    with pytest.raises(DeviceError, match=rf"permission .*Join the group {group} \(sudo usermod -aG {group}"):
        open_at(fake_board.port)


def test_a_port_in_use(fake_board: FakeBoard) -> None:
    with (
        serial_device(fake_board) as device,
        pytest.raises(DeviceError, match="found another program has it open"),
    ):
        open_at(fake_board.port)
    assert device.info.name == f"board at {fake_board.port}"
    open_at(fake_board.port).close()


def test_a_board_that_does_not_answer(fake_board: FakeBoard) -> None:
    fake_board.silent = True
    with pytest.raises(
        DeviceError, match=r"does not answer; .*found nothing. Is it configured.*this its port"
    ):
        open_at(fake_board.port)
    open_after_all(fake_board)


def open_after_all(board: FakeBoard) -> None:
    board.silent = False
    open_at(board.port).close()


def test_something_else_at_the_port() -> None:
    master, slave = pty.openpty()  # not raw: it sends back what it gets, in its own way
    try:
        port = os.ttyname(slave)
        os.write(slave, b"login: ")
        with pytest.raises(DeviceError, match=r"does not answer"):
            open_at(port)
    finally:
        os.close(master)
        os.close(slave)


def test_another_version_of_the_protocol(fake_board: FakeBoard) -> None:
    fake_board.version = 2
    with pytest.raises(UnsupportedVersion, match=r"expected version 1; found 2. Load a bitstream"):
        open_at(fake_board.port)


def test_another_design(fake_board: FakeBoard) -> None:
    fake_board.digest = "e1" * 32
    with pytest.raises(
        ArtifactError, match=r"expected d0d0d0d0d0d0; found e1e1e1e1e1e1. Load the bitstream of"
    ):
        open_at(fake_board.port)
    fake_board.digest = DIGEST
    open_at(fake_board.port).close()


def test_another_design_after_a_while(fake_board: FakeBoard) -> None:
    with serial_device(fake_board) as device:
        names = device.run(0, toy.images(3).transpose(0, 2, 3, 1).reshape(3, -1), 5.0).feature_map
        assert names is not None
        fake_board.power_up()
        fake_board.digest = "e1" * 32
        with pytest.raises(ArtifactError, match="found e1e1"):
            device.run(1, names, 5.0)


def test_a_digest_for_another_form(fake_board: FakeBoard) -> None:
    with pytest.raises(
        ArtifactError, match=r"bytes of an image.*expected \(8, \(5, 5, 5\)\); found \(8, \(5, 5\)"
    ):
        SerialDevice.open(fake_board.port, digest=DIGEST, streams=toy.streams(3), options=QUICK)


def test_what_was_in_the_line_before_does_not_matter(fake_board: FakeBoard) -> None:
    with serial.Serial(fake_board.port, 3_000_000) as line:
        line.write(b"\xd5\x01\x02" + bytes(7) + b"noise\xd5")
    open_at(fake_board.port).close()
