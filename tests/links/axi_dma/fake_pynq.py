"""A stand-in for ``pynq`` on a board that holds the toy stages: real answers, real rules of use.

Behaves as PYNQ 3's ``lib/dma.py``, ``buffer.py`` and ``pmbus.py``: a transfer on a channel that is not idle
or not started is refused; what the DMA writes becomes visible when ``wait`` invalidates the buffer; a channel
that hangs is idle again only after the overlay was loaded anew and the channel started. Calls are recorded.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.runtime import toy
from toolkit.core.stream import Stream
from toolkit.links.axi_dma.overlay import DmaStream, OverlayDescription, OverlayStage
from toolkit.sim import pack, unpack

LIMIT = 256  # bytes of the DMA's length register: small, so that batches are sent in chunks
DEPTH = 2  # frames that fit into a stage


class Buffer(np.ndarray):
    """What ``pynq.allocate`` gives: the processor's view and, apart from it, the memory that the DMA sees."""

    memory: np.ndarray
    freed: bool

    def flush(self) -> None:
        assert not self.freed
        self.memory[...] = self

    def invalidate(self) -> None:
        assert not self.freed
        self[...] = self.memory

    def freebuffer(self) -> None:
        assert not self.freed, "freed twice"
        self.freed = True


class Channel:
    """One direction of an ``axi_dma``."""

    def __init__(self, board: Board, name: str, sends: bool) -> None:
        self._board, self._name, self._sends = board, name, sends
        self.running, self.transferred, self._first = True, 0, True
        self._buffer: Buffer | None = None
        self._start = self._nbytes = 0
        self.stage: Stage | None = None
        self.results: deque[bytes] = deque()

    @property
    def idle(self) -> bool:
        if self._buffer is not None and not self._sends:
            self._receive(self._buffer)
        if self._sends and self.stage is not None:
            return self._buffer is None or not self.stage.full()
        return self._buffer is None and not self._first

    def _receive(self, buffer: Buffer) -> None:
        if not self.running or not self.results:
            return
        frame = np.frombuffer(self.results.popleft(), np.uint8)
        if len(frame) > self._nbytes:  # the packet is longer than the transfer: the DMA halts
            self.running = False
            return
        buffer.memory[self._start : self._start + len(frame)] = frame
        self._nbytes, self._buffer, self._done = len(frame), None, buffer

    def start(self) -> None:
        self._board.record(f"{self._name}.start")
        self.running, self._first, self._buffer = True, True, None

    def transfer(self, array: Buffer, start: int = 0, nbytes: int = 0) -> None:
        self._board.record(f"{self._name}.transfer")
        assert isinstance(array, Buffer), "only allocated buffers can be transferred"
        assert not array.freed
        if not self.running:
            raise RuntimeError("DMA channel not started")
        if not self._first and not self.idle:
            raise RuntimeError("DMA channel not idle")
        nbytes = nbytes or array.nbytes - start
        if nbytes >= LIMIT:
            raise ValueError(f"Transfer size is {nbytes} bytes, which exceeds the maximum {LIMIT}")
        assert start % 64 == 0, "no data realignment engine here"
        self._first, self._buffer, self._start, self._nbytes = False, array, start, nbytes
        if self._sends and self.stage is not None:
            array.flush()
            self.stage.take(array.memory[start : start + nbytes].tobytes())

    def wait(self) -> None:
        self._board.record(f"{self._name}.wait")
        if not self.running:
            raise RuntimeError("DMA channel not started")
        assert self.idle, "this would hang for ever"
        if not self._sends:
            self._done.invalidate()
        self.transferred = self._nbytes


class Dma:
    """An ``axi_dma`` block."""

    buffer_max_size = LIMIT

    def __init__(self, board: Board, name: str) -> None:
        self.sendchannel = Channel(board, f"{name}.send", True)
        self.recvchannel = Channel(board, f"{name}.recv", False)


class Stage:
    """A toy stage between its DMAs."""

    def __init__(self, board: Board, index: int, sender: Channel, receivers: list[Channel]) -> None:
        self.board, self.index, self.receivers = board, index, receivers
        streams = toy.streams(2)[index]
        self.entry = streams.input
        self.outputs = [streams.logits, *([streams.feature_map] if streams.feature_map else [])]
        sender.stage = self

    def full(self) -> bool:
        return len(self.receivers[0].results) > DEPTH or self.board.hangs[self.index]

    def take(self, data: bytes) -> None:
        beats = np.frombuffer(data, np.uint8).reshape(-1, self.entry.beats, self.entry.beat_bytes)
        values = unpack(beats, self.entry).reshape(len(beats), -1)
        kind = self.board.fault(self.index, values)
        for frame in values:
            if kind == "hang" or self.board.hangs[self.index]:
                self.board.hangs[self.index] = True
                return
            for receiver, stream, result in zip(
                self.receivers, self.outputs, toy.compute(self.index, frame[np.newaxis]), strict=False
            ):
                packed = pack(result.reshape(1, stream.beats, stream.lanes), stream).tobytes()
                receiver.results.append(_tampered(packed, kind, stream))
                if kind == "surplus":
                    receiver.results.append(packed)
            kind = None


def _tampered(packed: bytes, kind: str | None, stream: Stream) -> bytes:
    if kind == "short":
        return packed[: -stream.beat_bytes] or packed[:1]
    return packed + packed if kind == "long" else packed


class Registers:
    """The block with the registers; ``values`` by address, 0 where there is none."""

    def __init__(self, values: dict[int, int]) -> None:
        self._values = values

    def read(self, address: int) -> int:
        assert type(address) is int
        return self._values.get(address, 0)


def registers(described: OverlayDescription) -> dict[int, int]:
    """What the constants of a chip with this design are."""
    found = {0x00: 0x4F465250, 0x04: 1, 0x08: len(described.stages)}
    found |= {0x20 + 4 * i: int(described.digest[8 * i : 8 * i + 8], 16) for i in range(8)}
    for k, stage in enumerate(described.stages):
        streams = stage.streams()
        for place, stream in enumerate((streams.input, streams.logits, streams.feature_map)):
            found[0x104 + 64 * k + 4 * place] = 0 if stream is None else stream.frame_bytes
    return found


class Board:
    """The state of the stand-in: what it holds, what it was asked, how it misbehaves.

    ``fault(stage, values)`` is asked at each transfer into a stage: "hang", "short", "long", "surplus", None.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.buffers: list[Buffer] = []
        self.fault: Callable[[int, np.ndarray], str | None] = lambda stage, values: None
        self.hangs = [False, False]
        self.downloads = 0
        self.broken_download = False
        self.registers = registers(description())
        self.rails: dict[str, float | None] = {"INT": 1.5, "3V3": 0.25, "BARE": None}
        self._lock = threading.Lock()

    def record(self, call: str) -> None:
        with self._lock:
            self.calls.append(call)

    def allocate(self, shape: tuple[int, ...], dtype: type) -> Buffer:
        assert dtype is np.uint8
        buffer = np.zeros(shape, dtype).view(Buffer)
        buffer.memory, buffer.freed = np.full(shape, 0xEE, dtype), False
        self.buffers.append(buffer)
        return buffer

    def overlay(self, bitfile: str) -> Overlay:
        return Overlay(self, bitfile)

    def module(self) -> ModuleType:
        """As ``import pynq`` gives it."""
        module: Any = ModuleType("pynq")
        module.Overlay, module.allocate = self.overlay, self.allocate
        module.get_rails = lambda: {name: Rail(name, watts) for name, watts in self.rails.items()}
        module.DataRecorder = DataRecorder
        return module


class Overlay:
    """Two stages on three DMAs."""

    def __init__(self, board: Board, bitfile: str) -> None:
        assert Path(bitfile).is_file()
        self._board, self.offramp = board, Registers(board.registers)
        self.dma0, self.dma0_map, self.dma1 = (Dma(board, name) for name in ("dma0", "dma0_map", "dma1"))
        self._stages = [
            Stage(board, 0, self.dma0.sendchannel, [self.dma0.recvchannel, self.dma0_map.recvchannel]),
            Stage(board, 1, self.dma1.sendchannel, [self.dma1.recvchannel]),
        ]

    def download(self) -> None:
        self._board.record("download")
        if self._board.broken_download:
            raise OSError(16, "Device or resource busy")
        self._board.downloads += 1
        self._board.hangs = [False, False]
        for dma in (self.dma0, self.dma0_map, self.dma1):
            for channel in (dma.sendchannel, dma.recvchannel):
                channel.running = False
                channel.results.clear()


class Rail:
    """A power rail; some have no power sensor."""

    def __init__(self, name: str, watts: float | None) -> None:
        self.power = None if watts is None else Sensor(f"{name}_power", watts)


class Sensor:
    def __init__(self, name: str, watts: float) -> None:
        self.name, self.value = name, watts


class DataRecorder:
    """Samples once at the start and once at the end."""

    def __init__(self, *sensors: Sensor) -> None:
        self._sensors, self.frame = sensors, {sensor.name: np.empty(0) for sensor in sensors}

    def record(self, interval: float) -> DataRecorder:
        assert interval > 0
        self._sample()
        return self

    def _sample(self) -> None:
        for sensor in self._sensors:
            self.frame[sensor.name] = np.append(self.frame[sensor.name], sensor.value)

    def __enter__(self) -> DataRecorder:
        return self

    def __exit__(self, *_: object) -> None:
        self._sample()


def description() -> OverlayDescription:
    first, second = toy.streams(2)
    assert first.feature_map is not None
    stages = (
        OverlayStage(
            input=DmaStream.of(first.input, "dma0"),
            logits=DmaStream.of(first.logits, "dma0"),
            feature_map=DmaStream.of(first.feature_map, "dma0_map"),
        ),
        OverlayStage(input=DmaStream.of(second.input, "dma1"), logits=DmaStream.of(second.logits, "dma1")),
    )
    return OverlayDescription(digest="d" * 64, stages=stages)


def install(monkeypatch: pytest.MonkeyPatch, folder: Path) -> tuple[Board, Path]:
    """Put the stand-in where ``import pynq`` finds it; the board, and a bitfile with its description."""
    board, bitfile = Board(), folder / "toy.bit"
    monkeypatch.setitem(sys.modules, "pynq", board.module())
    bitfile.write_bytes(b"bits")
    description().save(bitfile.with_suffix(".json"))
    return board, bitfile
