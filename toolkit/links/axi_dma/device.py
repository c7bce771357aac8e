"""A device on a board that runs PYNQ: batches go through DMAs, power is read from the board's rails.

Uses PYNQ's interface as of version 2.7 and 3: ``Overlay``, ``allocate``, ``axi_dma`` channels (``transfer``
with ``nbytes``, ``transferred``), ``get_rails`` and ``DataRecorder``. Source:
https://github.com/Xilinx/PYNQ, ``pynq/lib/dma.py``, ``pynq/buffer.py``, ``pynq/pmbus.py``.
"""

from __future__ import annotations

import contextlib
import importlib
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import ArtifactError, ToolMissing, UnknownName
from toolkit.core.paths import is_file
from toolkit.core.stream import Stream
from toolkit.links.axi_dma.chip import ChipRegisters
from toolkit.links.axi_dma.overlay import OverlayDescription, OverlayStage
from toolkit.runtime.device import Device, DeviceInfo, Ints, Reply, StageStreams
from toolkit.runtime.errors import DeviceError, DeviceTimeout
from toolkit.sim.pack import Bytes, pack, unpack

ALIGNMENT = 64
"""Alignment of the frames in a receive buffer, in bytes, so that no DMA needs a data realignment engine."""
PAUSE_S = 50e-6
"""Pause between two polls of a DMA, in seconds; other stages' threads run meanwhile."""
SAMPLE_S = 0.005
"""Time between two samples of the power, in seconds."""


class PynqDevice(Device):
    """Stage accelerators in an overlay.

    A batch that times out leaves its stage with half a frame inside. Only loading the overlay again repairs
    that, and it stops all stages; so the next call waits until the other stages are idle, then loads it.

    Args:
        bitfile: ``design.bit``, with ``design.json`` (:mod:`toolkit.links.axi_dma.overlay`) and PYNQ's
            ``design.hwh`` beside it.
        rails: names of the power rails whose sum is reported; empty: power is not measured. Rails supply the
            whole board, so two stages that run at the same time both report all of it.

    Raises:
        ToolMissing: ``pynq`` is not installed.
        ArtifactError: the overlay or its description is missing or damaged, a DMA or the registers are not in
            the overlay, or the chip says that it holds another design than is described.
        UnknownName: the board does not have such a rail.
        UnsupportedVersion: the chip has another version of the registers.
    """

    def __init__(self, bitfile: Path, *, rails: Sequence[str] = ()) -> None:
        if not is_file(bitfile):
            raise ArtifactError(f"overlay {bitfile}", expected="a bitstream", found="no file")
        description = OverlayDescription.load(bitfile.with_suffix(".json"))
        streams = tuple(stage.streams() for stage in description.stages)
        self._info = DeviceInfo(f"PYNQ overlay {bitfile.name}", description.digest, streams)
        self._pynq = _import_pynq()
        self._sensors = _power_sensors(self._pynq, rails)
        self._overlay = self._pynq.Overlay(str(bitfile))
        self._registers = ChipRegisters(_block(self._overlay, description.cell, "registers"), self._info.name)
        self._registers.require(description)
        self._stages = [
            _StageDmas(self._pynq, _dmas(self._overlay, stage), stage.streams())
            for stage in description.stages
        ]
        self._gate = threading.Condition()
        self._at_work, self._broken, self._closed = 0, False, False

    @property
    def info(self) -> DeviceInfo:
        """Description of the device."""
        return self._info

    def run(self, stage: int, batch: npt.NDArray[np.integer], timeout_s: float) -> Reply:
        """See :meth:`Device.run`; the time limit starts when the stage is idle and the overlay is intact."""
        where = f"{self._info.name}, stage {stage}, {len(batch)} frames"
        with self._at(where):
            end = time.monotonic() + timeout_s
            try:
                with self._power() as watts:
                    logits, maps = self._stages[stage].exchange(batch, end, lambda: self._closed)
                if cut := self._registers.frames_cut(stage):
                    raise _Amiss(f"{cut} transfers that did not arrive as whole frames")
            except _Late as late:
                self._broken = True
                expected = f"answers within {timeout_s:g} s"
                raise DeviceTimeout(where, expected=expected, found=f"{late} frames answered") from None
            except Exception as cause:
                self._broken = True
                found = str(cause) if isinstance(cause, _Amiss) else f"{type(cause).__name__}: {cause}"
                raise DeviceError(where, found=found) from cause
            return Reply(logits, maps, watts=watts())

    def counters(self) -> Mapping[str, Any]:
        """Read the counters of every stage, see :meth:`ChipRegisters.counters`.

        Raises:
            DeviceError: the device is closed.
        """
        with self._at(f"{self._info.name}, counters"):
            return {"stages": [self._registers.counters(k) for k in range(len(self._stages))]}

    def close(self) -> None:
        """Free the buffers, as soon as running calls have ended."""
        with self._gate:
            if self._closed:
                return
            self._closed = True
            self._gate.wait_for(lambda: not self._at_work)
            if self._broken:  # a DMA may still write to a buffer that is about to be freed
                self._recover(f"{self._info.name}, closing")
            for stage in self._stages:
                stage.free()

    @contextlib.contextmanager
    def _at(self, where: str) -> Iterator[None]:
        """Count as a running call inside the block, after repairing the overlay if necessary."""
        with self._gate:
            self._gate.wait_for(lambda: not (self._broken and self._at_work))
            if self._closed:
                raise DeviceError(where, found="the device closed")
            if self._broken:
                self._recover(where)
            self._at_work += 1
        try:
            yield
        finally:
            with self._gate:
                self._at_work -= 1
                self._gate.notify_all()

    def _recover(self, where: str) -> None:
        try:
            self._overlay.download()
            for stage in self._stages:
                stage.restart()
        except Exception as cause:
            found = f"loading the overlay anew failed: {type(cause).__name__}: {cause}"
            raise DeviceError(where, found=found, fix="Power the board off and on.") from cause
        self._broken = False

    @contextlib.contextmanager
    def _power(self) -> Iterator[Any]:
        """Record the rails; yield a function that returns the mean power in W afterwards, or None."""
        if not self._sensors:
            yield lambda: None
            return
        recorder = self._pynq.DataRecorder(*self._sensors)
        with recorder.record(SAMPLE_S):
            yield lambda: float(sum(recorder.frame[sensor.name].mean() for sensor in self._sensors))


class _Late(Exception):
    """The time limit has passed; the argument is the number of frames answered."""


class _Amiss(Exception):
    """The DMA returned data of an impossible size."""


@dataclass
class _Output:
    """An output stream of a stage: its receive channel, and a buffer slot for each frame of a chunk."""

    stream: Stream
    channel: Any
    buffer: Any = None
    armed: int = 0  # slots handed to the DMA
    filled: int = 0  # slots that the DMA has filled

    @property
    def frame_bytes(self) -> int:
        return self.stream.beats * self.stream.beat_bytes

    @property
    def slot_bytes(self) -> int:
        return -(-self.frame_bytes // ALIGNMENT) * ALIGNMENT

    def arm(self) -> None:
        """Let the DMA fill the next slot."""
        self.channel.transfer(self.buffer, start=self.armed * self.slot_bytes, nbytes=self.frame_bytes)
        self.armed += 1

    def look(self, frames: int) -> bool:
        """Take a filled slot and arm the next one; return whether there was one."""
        if self.armed == self.filled or (self.channel.running and not self.channel.idle):
            return False
        # The transfer is over, so this does not block; it raises the DMA's errors and invalidates the cache.
        self.channel.wait()
        if self.channel.transferred != self.frame_bytes:
            found = f"{self.channel.transferred} bytes of {self.frame_bytes}"
            raise _Amiss(f"frame {self.filled} of the batch gave {found} on {self.stream.name}")
        self.filled += 1
        if self.armed < frames:
            self.arm()
        return True

    def values(self, frames: int) -> Ints:
        """Unpack the received values, int64 [frames, elements]."""
        slots = np.asarray(self.buffer).reshape(-1, self.slot_bytes)[:frames, : self.frame_bytes]
        beats: Bytes = np.ascontiguousarray(slots).reshape(frames, self.stream.beats, -1)
        return unpack(beats, self.stream).reshape(frames, -1).astype(np.int64)


class _StageDmas:
    """The DMAs and buffers of one stage."""

    def __init__(self, pynq: Any, dmas: Sequence[Any], streams: StageStreams) -> None:
        self._pynq, self._entry, self._sender = pynq, streams.input, dmas[0].sendchannel
        outputs = [stream for stream in (streams.logits, streams.feature_map) if stream is not None]
        self._outputs = [
            _Output(stream, dma.recvchannel) for stream, dma in zip(outputs, dmas[1:], strict=True)
        ]
        self._frame_bytes = self._entry.beats * self._entry.beat_bytes
        # Longest batch of one transfer: its bytes must fit the DMA's length register.
        self._most = max(1, (dmas[0].buffer_max_size - 1) // self._frame_bytes)
        self._buffer: Any = None

    def exchange(self, batch: npt.NDArray[np.integer], end: float, closed: Any) -> tuple[Ints, Ints | None]:
        """Send a batch and receive its logits and, if the stage has one, its feature map."""
        chunks = []
        for first in range(0, len(batch), self._most):
            chunk = batch[first : first + self._most]
            self._allocate(min(self._most, len(batch)))
            self._pass(chunk, end, closed, first)
            chunks.append([output.values(len(chunk)) for output in self._outputs])
        logits, *maps = (np.concatenate(parts) for parts in zip(*chunks, strict=True))
        return logits, maps[0] if maps else None

    def _pass(self, chunk: npt.NDArray[np.integer], end: float, closed: Any, before: int) -> None:
        frames = len(chunk)
        beats = pack(chunk.reshape(frames, self._entry.beats, self._entry.lanes), self._entry)
        self._buffer[: beats.size] = beats.reshape(-1)
        for output in self._outputs:
            output.armed = output.filled = 0
            output.arm()  # before the input is sent: the first result may come at once
        if any(output.channel.idle for output in self._outputs):
            raise _Amiss("a frame too many after the batch before")
        self._sender.transfer(self._buffer, nbytes=beats.size)
        while self._busy(frames):
            moved = [output.look(frames) for output in self._outputs]
            if not any(moved):
                if closed():
                    raise _Amiss("the device closed")
                if time.monotonic() > end:
                    raise _Late(before + min(output.filled for output in self._outputs))
                time.sleep(PAUSE_S)
        self._sender.wait()  # does not block any more; raises the DMA's errors

    def _busy(self, frames: int) -> bool:
        sending = self._sender.running and not self._sender.idle
        return sending or any(output.filled < frames for output in self._outputs)

    def _allocate(self, frames: int) -> None:
        """Allocate buffers for at least so many frames."""
        if self._buffer is not None and self._buffer.nbytes >= frames * self._frame_bytes:
            return
        self.free()
        self._buffer = self._pynq.allocate(shape=(frames * self._frame_bytes,), dtype=np.uint8)
        for output in self._outputs:
            output.buffer = self._pynq.allocate(shape=(frames * output.slot_bytes,), dtype=np.uint8)

    def restart(self) -> None:
        """Start the channels after the overlay was loaded anew."""
        for channel in (self._sender, *(output.channel for output in self._outputs)):
            channel.start()

    def free(self) -> None:
        """Free the buffers."""
        for owner, name in ((self, "_buffer"), *((output, "buffer") for output in self._outputs)):
            if (buffer := getattr(owner, name)) is not None:
                buffer.freebuffer()
                setattr(owner, name, None)


def _dmas(overlay: Any, stage: OverlayStage) -> list[Any]:
    """Return the DMAs of a stage: of its input, its logits and, if it has one, its feature map."""
    return [_block(overlay, stream.dma, "a DMA") for stream in (stage.input, *stage.outputs)]


def _block(overlay: Any, name: str, what: str) -> Any:
    """Return PYNQ's driver of a block of the overlay."""
    if (found := getattr(overlay, name, None)) is None:
        fix = "Is the description of this bitstream?"
        raise ArtifactError("overlay", expected=f"{what} {name}", found="no such block", fix=fix)
    return found


def _power_sensors(pynq: Any, names: Sequence[str]) -> list[Any]:
    if not names:
        return []
    rails = {name: rail for name, rail in pynq.get_rails().items() if rail.power is not None}
    for name in names:
        if not rails:
            fix = "Measure without rails; a meter at the board's input measures all of it."
            raise UnknownName(f"power rail '{name}'", found="a board that measures no power", fix=fix)
        if name not in rails:
            raise UnknownName.among("power rail", name, rails)
    return [rails[name].power for name in names]


def _import_pynq() -> Any:
    try:
        return importlib.import_module("pynq")
    except ImportError as error:
        raise ToolMissing(
            "pynq is missing",
            expected="PYNQ's Python package, which boards with a PYNQ image have",
            found=error,
            fix="Run this on the board, or use the simulated device.",
        ) from error
