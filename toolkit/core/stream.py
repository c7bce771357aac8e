"""The description of an AXI stream that compiler, composition, simulation, system and host share.

Ports are named as FINN names them: ``in0_V`` has ``in0_V_tdata``, ``in0_V_tvalid`` and ``in0_V_tready``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from math import prod

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import ArtifactError, BadOption

_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*")


@dataclass(frozen=True)
class Stream:
    """One AXI stream: a frame is ``beats`` transfers of ``lanes`` integers each.

    Lane i lies at bits ``[i*element_bits +: element_bits]``, two's complement if ``signed``.

    Attributes:
        name: prefix of the ports: letters and digits, single underscores between them.
        element_bits: width of one integer in bits, at least 1; values fit ``int64``.
        signed: whether the integers are signed.
        lanes: integers per beat.
        beats: transfers per frame.
        shape: shape of one frame without the batch axis, channels last; empty if unknown.

    Raises:
        BadOption: a value out of its range, or a shape that does not hold ``beats * lanes`` elements.
    """

    name: str
    element_bits: int
    signed: bool
    lanes: int
    beats: int
    shape: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not _IDENTIFIER.fullmatch(self.name):
            raise BadOption("name of a stream", expected="a Verilog name without '__'", found=repr(self.name))
        most = 63 + self.signed
        if not 1 <= self.element_bits <= most:
            raise BadOption(
                f"element_bits of stream {self.name}", expected=f"1 to {most}", found=self.element_bits
            )
        for what, value in (("lanes", self.lanes), ("beats", self.beats)):
            if value < 1:
                raise BadOption(f"{what} of stream {self.name}", expected="at least 1", found=value)
        if self.shape and prod(self.shape) != self.elements:
            raise BadOption(
                f"shape of stream {self.name}",
                expected=f"{self.beats} beats x {self.lanes} lanes = {self.elements} elements",
                found=self.shape,
            )

    @property
    def elements(self) -> int:
        """Integers per frame."""
        return self.beats * self.lanes

    @property
    def dtype(self) -> str:
        """Name of the element type in qonnx, e.g. ``UINT4``."""
        return f"{'INT' if self.signed else 'UINT'}{self.element_bits}"

    @property
    def width(self) -> int:
        """Bits of one beat that carry data."""
        return self.element_bits * self.lanes

    @property
    def tdata_bits(self) -> int:
        """Width of the tdata port: :attr:`width` padded up to whole bytes."""
        return 8 * self.beat_bytes

    @property
    def beat_bytes(self) -> int:
        """Bytes of one beat on tdata."""
        return -(-self.width // 8)

    @property
    def frame_bytes(self) -> int:
        """Bytes of one frame: all its beats, each padded to whole bytes."""
        return self.beats * self.beat_bytes

    @property
    def low(self) -> int:
        """Smallest value of an element."""
        return -(1 << (self.element_bits - 1)) if self.signed else 0

    @property
    def high(self) -> int:
        """Largest value of an element."""
        return (1 << (self.element_bits - self.signed)) - 1

    def named(self, name: str) -> Stream:
        """Return the same stream under another name."""
        return replace(self, name=name)

    def to_beats(self, frames: npt.NDArray[np.integer]) -> npt.NDArray[np.integer]:
        """Return frames ``[N, ...]`` in stream order (channels last) as beats ``[N, beats, lanes]``.

        Raises:
            ArtifactError: a frame has another number of integers than the stream carries.
        """
        if (found := prod(frames.shape[1:])) != self.elements:
            raise ArtifactError(f"frames for stream {self.name}", expected=self, found=f"{found} integers")
        return frames.reshape(len(frames), self.beats, self.lanes)

    def __str__(self) -> str:
        return f"{self.elements} x {self.dtype}, {self.lanes} per beat"


def connect(source: Stream, sink: Stream, what: str, *, converted: bool = False, fix: str = "") -> None:
    """Check that two ends of a connection carry the same frames.

    Args:
        source: stream that the connection comes from.
        sink: stream that it goes to.
        what: name of the connection in messages.
        converted: whether a width converter lies between, so that lanes may differ.
        fix: advice to the user about a mismatch.

    Raises:
        ArtifactError: number of elements, element width, sign or (unless converted) lanes differ.
    """
    same = (source.elements, source.dtype) == (sink.elements, sink.dtype)
    if not same or (source.lanes != sink.lanes and not converted):
        raise ArtifactError(what, expected=sink, found=source, fix=fix)
