"""A board that runs PYNQ: frames go through DMAs, power is read from the board's rails."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from .board import BoardError, BoardLink
from .contents import Package
from .streams import BoardStream

PATIENCE_S = 10.0
"""Longest time of a frame, in seconds."""


class PynqLink(BoardLink):
    """Stages in an overlay.

    Args:
        package: package with the overlay.
        rails: names of power rails, with commas between them, whose sum is the power; empty: not measured.

    Raises:
        PackageError: there is no overlay in the package.
        BoardError: PYNQ is missing, or the board lacks a rail.
    """

    def __init__(self, package: Package, rails: str) -> None:
        try:
            import pynq
        except ImportError as problem:
            raise BoardError("pynq is missing: run this on the board") from problem
        self._sensors, self._stages = _sensors(pynq, rails), package.stages
        with tempfile.TemporaryDirectory() as folder:
            self._overlay = pynq.Overlay(str(package.extract_bitstream(Path(folder))))
        registers = getattr(self._overlay, package.about["link"]["registers"])
        self.digest = "".join(f"{registers.read(at):08x}" for at in package.about["link"]["digest"])
        self._buffers = [
            {
                name: pynq.allocate(shape=(stream.frame_bytes,), dtype=np.uint8)
                for name, stream in stage.items()
            }
            for stage in self._stages
        ]

    def run(self, stage: int, frame: Any) -> tuple[np.ndarray, Any, int | None]:
        """See :meth:`BoardLink.run`; feature maps are arrays."""
        streams, buffers = self._stages[stage], self._buffers[stage]
        buffers["input"][:] = streams["input"].pack(frame)
        # Outputs first: a result may come at once.
        order = sorted(streams, key=lambda name: name == "input")
        channels = {name: self._channel(name, streams[name]) for name in order}
        for name in order:
            channels[name].transfer(buffers[name])
        end = time.monotonic() + PATIENCE_S
        while not all(channel.idle for channel in channels.values()):
            if time.monotonic() > end:
                raise BoardError(f"stage {stage}: no answer within {PATIENCE_S:g} s. Load the overlay again.")
        outputs = {}
        for name in order[:-1]:
            channels[name].wait()
            if channels[name].transferred != streams[name].frame_bytes:
                found = f"{channels[name].transferred} bytes of {streams[name].frame_bytes}"
                raise BoardError(f"{name} of stage {stage}: {found}")
            outputs[name] = streams[name].unpack(np.array(buffers[name]))
        channels["input"].wait()
        return outputs["logits"], outputs.get("feature_map"), None

    def _channel(self, name: str, stream: BoardStream) -> Any:
        dma = getattr(self._overlay, stream.dma)
        return dma.sendchannel if name == "input" else dma.recvchannel

    def watts(self) -> float | None:
        """See :meth:`BoardLink.watts`."""
        return sum(float(sensor.value) for sensor in self._sensors) if self._sensors else None

    def close(self) -> None:
        """See :meth:`BoardLink.close`."""
        for buffers in self._buffers:
            for buffer in buffers.values():
                buffer.freebuffer()


def _sensors(pynq: Any, names: str) -> list[Any]:
    if not names:
        return []
    rails = {name: rail.power for name, rail in pynq.get_rails().items() if rail.power is not None}
    missing = [name for name in names.split(",") if name not in rails]
    if missing:
        known = ", ".join(sorted(rails)) or "none"
        raise BoardError(f"power rail {', '.join(missing)}: this board measures {known}")
    return [rails[name] for name in names.split(",")]
