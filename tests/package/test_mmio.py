"""The memory-mapped half of a package's program, on rings in Python and on a file as physical memory."""

from __future__ import annotations

import fcntl
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.package.fake_memory import AT, POSITIONS, TABLE, WORDS, FakeMemory, FileBoard, RingBoard
from tests.package.test_selftest import BARE, on_the_board
from tests.package.toy_package import packed
from tests.runtime.fake_board import noise
from toolkit.links.serial.protocol import Decoder, Packet, Refusal, RequestKind, constants
from toolkit.package.offramp_board import BoardError, Package, mmio_link, open_package
from toolkit.package.offramp_board.__main__ import main
from toolkit.package.offramp_board.board import Board
from toolkit.package.offramp_board.devmem import DevMem
from toolkit.package.offramp_board.mmio_link import MmioLink, Rings
from toolkit.package.offramp_board.selftest import selftest
from toolkit.package.offramp_board.streams import BoardStream

ADDRESS = "0x40000000"
# The program of an archive, with a file in place of the physical memory, and without pyserial.
ON_A_FILE = BARE.replace('"serial", ', "").replace(
    "import runpy\n",
    """
import functools, runpy
sys.path.insert(0, sys.argv[0])
from offramp_board import mmio_link
mmio_link.DevMem = functools.partial(mmio_link.DevMem, path=sys.argv.pop())
""",
)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return packed(tmp_path, "pynq-z2-mmio").archive


@pytest.fixture
def package(archive: Path) -> Package:
    return open_package(archive)


@pytest.fixture
def board(package: Package, tmp_path: Path) -> Iterator[RingBoard]:
    with RingBoard(tmp_path, digest=package.digest) as board:
        yield board


@pytest.mark.parametrize("seed", range(5))
def test_the_selftest_passes_wherever_the_positions_stand(
    package: Package, board: RingBoard, seed: int
) -> None:
    at = np.random.default_rng(seed).integers(POSITIONS - 300, POSITIONS, 2)
    memory = FakeMemory(board, seed=seed, to_chip=int(at[0]), from_chip=int(at[1]), left=WORDS // 4 * seed)
    with Board(package, MmioLink(package, ADDRESS, memory, silence_s=60)) as opened:
        passed = selftest(opened)
    assert len(passed.answers) == 32
    assert {one.exit for one in passed.answers} == {0, 1}
    assert all(one.cycles for one in passed.answers)
    assert (board.seen[1], board.seen[2]) == (1, 32), "nothing was sent twice"
    assert memory.registers[AT["OUT_FILLED"]] == memory.registers[AT["OUT_EMPTIED"]] < POSITIONS - 300
    assert memory.closed == 1


def test_a_program_goes_on_where_another_ended(package: Package, board: RingBoard) -> None:
    memory = FakeMemory(board, seed=1)
    for _ in range(3):
        link = MmioLink(package, ADDRESS, memory)
        with Board(package, link) as opened:
            assert len(selftest(opened).answers) == 32
        memory.write(TABLE["window"] + 4 * (memory.registers[AT["IN_FILLED"]] % WORDS), np.ones(1, "<u4"))
        link._port.write(b"\xd5\x01")  # the start of a request, and no more


def test_damaged_packets_cost_time_only(package: Package, board: RingBoard) -> None:
    board.damage_in, board.damage_out = noise(0.002, 1), noise(0.002, 2)
    with Board(package, MmioLink(package, ADDRESS, FakeMemory(board), silence_s=0.1)) as opened:
        assert len(selftest(opened).answers) == 32
    assert sum(board.seen.values()) > 2 + 32 or sum(board.refused.values())


def test_a_board_that_is_busy_with_an_earlier_program_is_waited_for(
    package: Package, board: RingBoard
) -> None:
    board.buffers = 0

    def later(reply: Packet) -> None:
        board.buffers = 4

    board.says = later
    with Board(package, MmioLink(package, ADDRESS, FakeMemory(board), silence_s=0.1)) as opened:
        assert len(selftest(opened).answers) == 32
    assert board.refused[Refusal.BUSY] == 1


class Wide:
    """A chip whose logits are so many bytes, and what the program knows of it."""

    def __init__(self, size: int) -> None:
        self.logits, self._requests = bytes(range(256)) * (size // 256), Decoder()
        streams = {"input": BoardStream(8, False, 1, 4), "logits": BoardStream(8, False, 1, size)}
        self.package: Any = SimpleNamespace(
            about={"link": constants() | {"memory": TABLE}}, stages=[streams], digest="01" * 32
        )

    def __call__(self, data: bytes) -> list[bytes]:
        payloads = {RequestKind.INFO: bytes([1]) * 44, RequestKind.RUN: bytes(8) + self.logits}
        return [
            replace(one, kind=one.kind | 0x80, payload=payloads.get(RequestKind(one.kind), b"")).encode()
            for one in self._requests.feed(data)
        ]


@pytest.mark.parametrize("size", [256, 1280, 6400])
def test_logits_of_any_size(size: int) -> None:
    """Also those that no ring holds, and that are longer than what is usual."""
    chip = Wide(size)
    link = MmioLink(chip.package, ADDRESS, FakeMemory(chip), silence_s=0.5)
    assert link.run(0, np.zeros(4, np.uint8))[0].tolist() == list(chip.logits)


class Echo:
    """A chip that says what it is told, in packets of so many bytes."""

    def __init__(self, size: int) -> None:
        self.size, self.told, self.rest = size, b"", b""

    def __call__(self, data: bytes) -> list[bytes]:
        self.told += data
        self.rest += data
        whole = len(self.rest) // self.size * self.size
        said, self.rest = self.rest[:whole], self.rest[whole:]
        return [said[at : at + self.size] for at in range(0, whole, self.size)]


@pytest.mark.parametrize("seed", range(4))
def test_more_than_a_ring_goes_both_ways(seed: int) -> None:
    """Both rings fill up: who writes has to read meanwhile."""
    memory = FakeMemory(chip := Echo(64), seed=seed, to_chip=POSITIONS - 900, from_chip=POSITIONS - 10)
    port, generator = Rings(memory, TABLE, 5.0), np.random.default_rng(seed)
    sent = heard = b""
    for size in (1, 2, 3, 4, 4 * WORDS - 10, 4 * WORDS, 4 * WORDS + 1, 3000, 20000):
        data = generator.bytes(size)
        port.write(data)
        sent += data + bytes(-size % 4)
        heard += port.read(int(generator.integers(1, 700)))
    while (more := port.read(port.in_waiting or 1)) or len(heard) < len(sent) // 64 * 64:
        heard += more
    assert chip.told == sent
    assert heard == sent[: len(heard)]
    assert memory.fullest["IN"] == WORDS
    assert memory.fullest["OUT"] > 10


def test_who_writes_makes_room_for_what_is_said() -> None:
    """A chip that cannot say what it wants takes nothing more."""
    memory, data = FakeMemory(Echo(4096)), bytes(range(256)) * 16
    port = Rings(memory, TABLE, 1.0)
    port.write(data)
    for _ in range(3000):
        memory.read(AT["WORDS"], 1)
    assert memory.fullest["OUT"] == WORDS
    port.write(data * 2)
    found = b""
    while more := port.read(4096):
        found += more
    assert found == data * 3


def test_patience_begins_again_with_every_word_that_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    memory, clock = FakeMemory(Echo(64)), itertools.count()
    monkeypatch.setattr(mmio_link, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    Rings(memory, TABLE, 50).write(bytes(40000))
    assert next(clock) > 200


def nothing(data: bytes) -> list[bytes]:
    """A chip that says nothing."""
    return []


def test_a_silent_board_is_named(package: Package) -> None:
    memory = FakeMemory(nothing)
    with pytest.raises(BoardError, match=rf"INFO to the board at {ADDRESS}: no answer\. Is the bitstream"):
        MmioLink(package, ADDRESS, memory, silence_s=0.01)
    assert memory.closed == 1


def test_a_board_that_takes_nothing_is_named() -> None:
    memory = FakeMemory(nothing)
    memory.stuck = True
    port = Rings(memory, TABLE, 0.01)
    port.write(bytes(4 * WORDS))
    with pytest.raises(TimeoutError, match=r"it took nothing for 0\.01 s"):
        port.write(b"\xd5")


def test_a_bitstream_that_was_loaded_again_is_named(package: Package, board: RingBoard) -> None:
    memory = FakeMemory(board, to_chip=1000, from_chip=2000)
    image = package.examples()[0][:1]
    with Board(package, MmioLink(package, ADDRESS, memory)) as opened:
        memory.registers |= {
            AT[f"{ring}_{end}"]: 0 for ring in ("IN", "OUT") for end in ("FILLED", "EMPTIED")
        }
        words = rf"connection to the board at {ADDRESS} lost: its positions have changed\. Was its bitstream"
        with pytest.raises(BoardError, match=words):
            list(opened.classify(image))


@pytest.mark.parametrize(("register", "expected"), [("IDENTITY", "0x4f46524d"), ("VERSION", "0x1")])
def test_memory_of_something_else_is_refused(package: Package, register: str, expected: str) -> None:
    memory = FakeMemory(nothing)
    memory.registers[AT[register]] = 0xABC
    with pytest.raises(
        BoardError, match=f"expected {expected}, found 0xabc. Is the bitstream of this package"
    ):
        MmioLink(package, ADDRESS, memory)
    assert memory.closed == 1


def test_another_design_is_refused(package: Package, board: RingBoard) -> None:
    board.digest, memory = "d0" * 32, FakeMemory(board)
    with pytest.raises(BoardError, match=r"design on the board: expected \w+, found d0d0d0d0d0d0"):
        Board(package, MmioLink(package, ADDRESS, memory))
    assert memory.closed == 1


@pytest.mark.parametrize(
    ("device", "words"),
    [
        ("", "device: expected mmio:ADDRESS, found none"),
        ("serial:x", "device: expected mmio:ADDRESS, found serial:x"),
        ("mmio:", "such as 0x40000000, found no address"),
        ("mmio:port", "such as 0x40000000, found port"),
        ("mmio:0x40000004", "a multiple of 0x1000, such as 0x40000000, found 0x40000004"),
        ("mmio:-4096", "found -4096"),
    ],
)
def test_a_bad_address_is_one_line(archive: Path, device: str, words: str) -> None:
    done = on_the_board(archive, "selftest", "--device", device)
    assert done.returncode == 2
    assert done.stderr.startswith("offramp_board: device: expected mmio:ADDRESS")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


def forbidden(*_: object, **__: object) -> int:
    raise PermissionError(1, "Operation not permitted")


def test_memory_that_cannot_be_opened_is_one_line(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mem"
    monkeypatch.setattr(mmio_link, "DevMem", partial(DevMem, path=str(path)))

    def said(address: str = ADDRESS) -> str:
        assert main(["selftest", "--device", f"mmio:{address}", "--package", str(archive)]) == 2
        return capsys.readouterr().err

    assert said() == f"offramp_board: {path} is missing: run this on the board itself\n"
    path.write_bytes(bytes(4096))
    assert "mem at 0x40000000: mmap" in said(), "a file that is too short"
    assert "mem at 0x10000000000000000000: " in said("0x10000000000000000000")
    path.write_bytes(bytes(TABLE["span"]))
    assert "expected 0x4f46524d, found 0x0. Is the bitstream of this package loaded" in said("0")
    with path.open() as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert said("0") == f"offramp_board: {path}: another program is using the board. End it.\n"
    assert "found 0x0" in said("0"), "free again"
    for module, name in ((mmio_link.mmap, "mmap"), (os, "open")):
        with monkeypatch.context() as patched:
            patched.setattr(module, name, forbidden)
            assert said("0") == f"offramp_board: {path}: Operation not permitted. Run this as root.\n"


def test_words_of_a_file(tmp_path: Path) -> None:
    (path := tmp_path / "mem").write_bytes(bytes(3 * 4096))
    memory = DevMem(4096, 4096, str(path))
    memory.write(8, np.array([1, 0xFFFFFFFE, 3], "<u4"))
    found = memory.read(4, 5)
    assert (found.dtype, found.tolist()) == (np.dtype("<u4"), [0, 1, 0xFFFFFFFE, 3, 0])
    assert memory.read(4092, 1).tolist() == [0]
    memory.close()
    whole = np.frombuffer(path.read_bytes(), "<u4")
    assert np.flatnonzero(whole).tolist() == [1026, 1027, 1028]
    assert whole[1026:1029].tolist() == [1, 0xFFFFFFFE, 3]
    DevMem(4096, 4096, str(path)).close()


def test_the_archive_tests_the_board(archive: Path, board: RingBoard, tmp_path: Path) -> None:
    path = tmp_path / "mem"
    command = [sys.executable, "-c", ON_A_FILE, str(archive), "selftest", "--device", f"mmio:{ADDRESS}"]
    with FileBoard(path, int(ADDRESS, 0), board):
        for _ in range(2):
            done = subprocess.run([*command, str(path)], capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            assert done.stdout.startswith("PASS: 32 frames (32 examples), all answers as golden; ")
        board.digest = "d0" * 32
        done = subprocess.run([*command, str(path)], capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert "design on the board: expected " in done.stderr
    assert board.seen[2] >= 2 * 32
