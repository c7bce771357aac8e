"""Bytes through the rings: all of them, in order, wherever positions are; and what is no such design."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.links.mmio.rings import Rings
from toolkit.core.errors import ArtifactError, BadOption, UnsupportedVersion
from toolkit.links.mmio import memory
from toolkit.links.mmio.memory import PhysicalMemory, open_memory
from toolkit.links.mmio.port import MemoryOptions, MemoryPort
from toolkit.links.mmio.registers import IDENTITY, POSITIONS, SPAN, VERSION, WORDS, MailboxRegister
from toolkit.runtime.errors import DeviceError

positions = st.integers(0, POSITIONS - 1) | st.integers(POSITIONS - 600, POSITIONS - 1)


def port(rings: Rings, write_s: float = 1.0) -> MemoryPort:
    return MemoryPort(rings, "here", write_s)


def as_words(data: bytes) -> list[int]:
    return np.frombuffer(data + bytes(-len(data) % 4), "<u4").tolist()


@settings(max_examples=60, deadline=None)
@given(positions, st.lists(st.binary(min_size=1, max_size=5000), max_size=4))
def test_what_is_written_arrives_in_whole_words(begin: int, writes: list[bytes]) -> None:
    rings = Rings(begin)
    line = port(rings)
    for data in writes:
        assert line.write(data) == len(data)
    rings.work()
    assert rings.taken == [word for data in writes for word in as_words(data)]


@settings(max_examples=60, deadline=None)
@given(positions, st.lists(st.integers(0, WORDS), max_size=5), st.data())
def test_what_the_chip_puts_there_is_read_once(begin: int, sizes: list[int], data: st.DataObject) -> None:
    rings, rng, sent, got = Rings(begin), np.random.default_rng(begin), b"", b""
    line = port(rings)
    for size in sizes:
        words = rng.integers(0, 1 << 32, size, np.uint64)
        rings.put(words.tolist())
        sent += words.astype("<u4").tobytes()
        assert line.in_waiting == len(sent) - len(got)
        assert rings.held(MailboxRegister.OUT_FILLED, MailboxRegister.OUT_EMPTIED) == 0, "room for what comes"
        got += line.read(data.draw(st.integers(0, 4 * WORDS), label="taken") or 1) if size else b""
    got += line.read(len(sent) + 1)
    assert got == sent
    assert line.read(1) == b""


def test_what_an_earlier_program_left_is_dropped() -> None:
    rings = Rings(POSITIONS - 3)
    rings.put([1, 2, 3, 4, 5])
    line = port(rings)
    assert line.in_waiting == 0
    rings.put([6])
    assert line.read(8) == b"\x06\0\0\0"


def test_a_chip_that_takes_nothing() -> None:
    line = port(Rings(wanted=10), write_s=0.05)
    line.write(bytes(4 * (WORDS + 10)))
    with pytest.raises(OSError, match=r"here has taken nothing for 0\.05 s"):
        line.write(b"x")


def test_a_bitstream_that_is_loaded_again() -> None:
    rings = Rings(1000)
    line = port(rings)
    line.write(bytes(8))
    rings.registers |= dict.fromkeys(list(MailboxRegister)[3:], 0)
    with pytest.raises(OSError, match="positions of here have changed; was its bitstream loaded again"):
        _ = line.in_waiting
    with pytest.raises(OSError, match="positions of here have changed"):
        line.write(b"x")


def test_another_design() -> None:
    rings = Rings()
    rings.registers[MailboxRegister.IDENTITY] = 0x4F465250
    with pytest.raises(ArtifactError, match=rf"behind here; expected identity {IDENTITY:#x}; found 0x4f"):
        port(rings)
    rings = Rings()
    rings.registers[MailboxRegister.VERSION] = VERSION + 1
    with pytest.raises(UnsupportedVersion, match=r"registers behind here; expected 1; found 2"):
        port(rings)


@pytest.mark.parametrize("address", ["", "here", "0x40000001", "-4096", str(1 << 70), "/dev/mem"])
def test_an_address_that_is_none(address: str) -> None:
    with pytest.raises(BadOption, match=r"--device mmio:ADDRESS; expected a physical address.*0x40000000"):
        open_memory(address)


def test_memory_of_this_machine(tmp_path: Path) -> None:
    file = tmp_path / "mem"
    file.write_bytes(bytes(3 * SPAN))
    found = PhysicalMemory(SPAN, file)
    found.write(8, np.array([1, 0xFFFFFFFF], np.uint32))
    assert found.read(4, 4).tolist() == [0, 1, 0xFFFFFFFF, 0]
    kept = found.read(8, 1)
    found.write(8, np.array([7], np.uint32))
    assert kept.tolist() == [1], "a copy"
    with pytest.raises(BlockingIOError):
        PhysicalMemory(0, file)
    found.close()
    PhysicalMemory(0, file).close()
    assert np.flatnonzero(np.frombuffer(file.read_bytes(), np.uint8)).tolist() == [
        *(SPAN + at for at in (8, 12, 13, 14, 15)),
    ]


def test_memory_that_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory.PhysicalMemory.__init__, "__defaults__", (tmp_path / "none",))
    with pytest.raises(DeviceError, match=r"memory at 0x40000000.*No such file.*the board itself, as root"):
        MemoryOptions().open("0x40000000")
    with pytest.raises(DeviceError, match=r"memory at /dev/pts/none"):
        MemoryOptions().open("/dev/pts/none")


def test_a_file_is_no_simulated_board(tmp_path: Path) -> None:
    """An access would be written into it: into the kernel, if it is /dev/mem."""
    (file := tmp_path / "mine").write_bytes(bytes(100))
    with pytest.raises(BadOption, match="expected a physical address"):
        MemoryOptions().open(str(file))
    assert file.read_bytes() == bytes(100)


def test_memory_that_another_program_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (file := tmp_path / "mem").write_bytes(bytes(SPAN))
    monkeypatch.setattr(memory.PhysicalMemory.__init__, "__defaults__", (file,))
    other = PhysicalMemory(0)
    with pytest.raises(DeviceError, match=r"memory at 0; .*another program has it\. Close that program\.$"):
        MemoryOptions().open("0")
    other.close()


def test_memory_with_another_design_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    rings = Rings()
    rings.registers[MailboxRegister.IDENTITY] = 0
    monkeypatch.setattr("toolkit.links.mmio.port.open_memory", lambda address: rings)
    with pytest.raises(ArtifactError):
        MemoryOptions().open("0x40000000")
    assert rings.closed
