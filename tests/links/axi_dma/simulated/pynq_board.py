"""A stand-in of ``pynq`` on a simulated board: allocation, overlays and DMA channels, after PYNQ 3.

Behaves as PYNQ's ``lib/dma.py`` does with the registers of a DMA; what these do is the board's matter, see
``board_server.py``. The caches are real: the memory sees a buffer when it is flushed, the program when it is
invalidated.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import IO, Any

import numpy as np

from tests.links.axi_dma.simulated.system import HERE, CocotbSystem
from tests.sim.cocotb_runs import run_in_cocotb
from toolkit.links.axi_dma.overlay import DESCRIPTION, OverlayDescription

ALIGNMENT = 4096


class Connection:
    """Requests to the board, one at a time."""

    def __init__(self, requests: IO[str], replies: IO[str]) -> None:
        self._requests, self._replies, self._turn = requests, replies, threading.Lock()
        self._free = ALIGNMENT

    def ask(self, do: str, **about: Any) -> Any:
        with self._turn:
            self._requests.write(json.dumps({"do": do, **about}) + "\n")
            self._requests.flush()
            line = self._replies.readline()
        assert line, "the simulation has ended"
        return json.loads(line)

    def space(self, count: int) -> int:
        """Address of new memory."""
        address, self._free = self._free, self._free + -(-count // ALIGNMENT) * ALIGNMENT
        return address


class Mapped:
    """The registers of one block (``pynq.MMIO``)."""

    def __init__(self, board: Connection, block: str) -> None:
        self._board, self._block = board, block

    def read(self, offset: int = 0) -> int:
        return self._board.ask("read", block=self._block, address=offset)

    def write(self, offset: int, value: int) -> None:
        self._board.ask("write", block=self._block, address=offset, value=value)


class PynqBuffer(np.ndarray):
    """What ``pynq.allocate`` gives."""

    board: Connection
    physical_address: int

    def flush(self) -> None:
        self.board.ask("store", address=self.physical_address, data=self.tobytes().hex())

    def invalidate(self) -> None:
        data = self.board.ask("load", address=self.physical_address, count=self.nbytes)
        self[...] = np.frombuffer(bytes.fromhex(data), self.dtype)

    def freebuffer(self) -> None:
        self.physical_address = -1


class SimpleChannel:
    """One direction of a DMA, driven by its registers."""

    def __init__(self, registers: Mapped, base: int, longest: int, width: int = 8) -> None:
        self._registers, self._base, self._longest, self._width = registers, base, longest, width
        self._first, self._buffer, self.transferred = True, None, 0
        self.start()

    def _status(self) -> int:
        return self._registers.read(self._base + 0x04)

    @property
    def running(self) -> bool:
        return not self._status() & 0x01

    @property
    def idle(self) -> bool:
        return bool(self._status() & 0x02)

    @property
    def error(self) -> bool:
        return bool(self._status() & 0x70)

    def start(self) -> None:
        self._registers.write(self._base, 0x01)
        assert self.running
        self._first = True

    def transfer(self, array: PynqBuffer, start: int = 0, nbytes: int = 0) -> None:
        if not self.running:
            raise RuntimeError("DMA channel not started")
        if not self.idle and not self._first:
            raise RuntimeError("DMA channel not idle")
        nbytes = nbytes or array.nbytes - start
        if nbytes > self._longest:
            raise ValueError(f"Transfer size is {nbytes} bytes, which exceeds the maximum {self._longest}")
        address = array.physical_address + start
        if address % self._width:
            raise RuntimeError("DMA does not support unaligned transfers")
        if self._base == 0:
            array.flush()
        self.transferred = 0
        self._registers.write(self._base + 0x18, address & 0xFFFFFFFF)
        self._registers.write(self._base + 0x1C, address >> 32)
        self._registers.write(self._base + 0x28, nbytes)
        self._buffer, self._first = array, False

    def wait(self) -> None:
        if not self.running:
            raise RuntimeError("DMA channel not started")
        while not self.idle:
            if self.error:
                raise RuntimeError("DMA Internal Error (transfer length 0?)")
        if self._base:
            assert self._buffer is not None
            self._buffer.invalidate()
        self.transferred = self._registers.read(self._base + 0x28)


class SimulatedPynq:
    """The board and the module that stands in for ``pynq``."""

    def __init__(self, connection: Connection, design: OverlayDescription, length_bits: int) -> None:
        self.connection, self.design, self.length_bits, self.downloads = connection, design, length_bits, 0

    def allocate(self, shape: tuple[int, ...], dtype: type) -> PynqBuffer:
        buffer = np.zeros(shape, dtype).view(PynqBuffer)
        buffer.board, buffer.physical_address = self.connection, self.connection.space(buffer.nbytes)
        return buffer

    def module(self) -> ModuleType:
        found: Any = ModuleType("pynq")
        found.allocate, found.Overlay = self.allocate, lambda bitfile: SimulatedOverlay(self)
        found.get_rails = dict
        return found


class SimulatedOverlay:
    """What PYNQ makes of an overlay: a driver for each block that the hardware has."""

    def __init__(self, board: SimulatedPynq) -> None:
        self._board = board
        self.download()
        setattr(self, board.design.cell, Mapped(board.connection, board.design.cell))
        for stage in board.design.stages:
            for stream in stage.outputs:
                sends = stream.dma == stage.input.dma
                setattr(self, stream.dma, SimulatedDma(board, stream.dma, sends=sends))

    def download(self) -> None:
        self._board.downloads += 1
        self._board.connection.ask("download")


class SimulatedDma:
    """PYNQ's driver of an ``axi_dma`` without scatter-gather."""

    def __init__(self, board: SimulatedPynq, name: str, *, sends: bool) -> None:
        registers, self.buffer_max_size = Mapped(board.connection, name), 1 << board.length_bits
        self.mmio = registers
        if sends:
            self.sendchannel = SimpleChannel(registers, 0x00, self.buffer_max_size)
        self.recvchannel = SimpleChannel(registers, 0x30, self.buffer_max_size)


@contextmanager
def simulated_pynq(
    built: CocotbSystem, *, seed: int = 1, share: float = 0.5, length_bits: int = 14
) -> Iterator[SimulatedPynq]:
    """Run a board with this system; its streams are paused for ``share`` of the time."""
    work = built.work("board")
    shutil.copyfile(built.system.path / DESCRIPTION, work / DESCRIPTION)
    about = {"seed": seed, "share": share, "length_bits": length_bits}
    (work / "board.json").write_text(json.dumps(about))
    for pipe in ("requests", "replies"):
        os.mkfifo(work / pipe)
    module = HERE / "board_server.py"
    running = threading.Thread(
        target=run_in_cocotb, args=(built.folder, built.system.top, module, work), daemon=True
    )
    running.start()
    with (work / "requests").open("w") as requests, (work / "replies").open() as replies:
        design = OverlayDescription.load(work / DESCRIPTION)
        yield SimulatedPynq(Connection(requests, replies), design, length_bits)
    running.join(60)
    assert not running.is_alive()
