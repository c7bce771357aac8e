"""What the simulator is given: RTL sources, and the streams the design talks through.

Port names follow FINN: a stream ``in0_V`` has the ports ``in0_V_tdata``, ``in0_V_tvalid`` and
``in0_V_tready``; the clock is ``ap_clk``, the synchronous active-low reset ``ap_rst_n``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from toolkit.core.errors import BadOption

_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*")


@dataclass(frozen=True)
class Stream:
    """One AXI stream: a frame is ``beats`` transfers of ``lanes`` integers each.

    Lane i lies at bits ``[i*element_bits +: element_bits]``, two's complement if ``signed``.

    Attributes:
        name: the prefix of the ports, FINN's: letters and digits, single underscores between them.
        element_bits: width of one integer, at least 1; values fit ``int64``.
        signed: whether the integers are signed.
        lanes: integers per beat.
        beats: transfers per frame.
        shape: the tensor of one frame (channels last), if it has one; values may then also be given as
            ``[frames, *shape]``.

    Raises:
        BadOption: a value out of its range, or a shape that does not hold ``beats * lanes`` elements.
    """

    name: str
    element_bits: int
    signed: bool
    lanes: int
    beats: int
    shape: tuple[int, ...] | None = None

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
        if self.shape is not None and int(np.prod(self.shape)) != self.beats * self.lanes:
            raise BadOption(
                f"shape of stream {self.name}",
                expected=f"{self.beats} beats x {self.lanes} lanes = {self.beats * self.lanes} elements",
                found=self.shape,
            )

    @property
    def bits(self) -> int:
        """Bits of one beat that carry data."""
        return self.element_bits * self.lanes

    @property
    def tdata_bits(self) -> int:
        """Width of the tdata port: :attr:`bits` padded up to whole bytes."""
        return 8 * self.beat_bytes

    @property
    def beat_bytes(self) -> int:
        """Bytes of one beat on tdata."""
        return -(-self.bits // 8)

    @property
    def low(self) -> int:
        """Smallest integer an element can be."""
        return -(1 << (self.element_bits - 1)) if self.signed else 0

    @property
    def high(self) -> int:
        """Largest integer an element can be."""
        return (1 << (self.element_bits - self.signed)) - 1


@dataclass(frozen=True)
class RtlDesign:
    """Sources and ports of one design.

    Attributes:
        top: name of the top module.
        sources: SystemVerilog files in compile order (packages first).
        inputs, outputs: its streams; every one is driven or read in every run.
        include_dirs: folders searched for `` `include `` files.
        data_dir: working folder of the running simulation: the ``*.dat`` files that ``$readmemh`` names
            by relative path. They are read at run time, so they do not belong to the compiled simulator.
        defines: preprocessor macros; ``None`` defines one without a value.
        parameters: parameters of the top module.
        probes: stream passing the FIFO with this ID (its ``name`` is a label here).

    Raises:
        BadOption: no stream on a side, two streams of one name, or a source that is not a file.
    """

    top: str
    sources: tuple[Path, ...]
    inputs: tuple[Stream, ...]
    outputs: tuple[Stream, ...]
    include_dirs: tuple[Path, ...] = ()
    data_dir: Path | None = None
    defines: Mapping[str, str | None] = field(default_factory=dict)
    parameters: Mapping[str, int | str] = field(default_factory=dict)
    probes: Mapping[int, Stream] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.inputs or not self.outputs:
            raise BadOption(f"ports of {self.top}", expected="at least one input and one output stream")
        names = [stream.name for stream in (*self.inputs, *self.outputs)]
        if len(set(names)) != len(names):
            raise BadOption(f"streams of {self.top}", expected="different names", found=names)
        missing = [str(path) for path in self.sources if not Path(path).is_file()]
        if missing or not self.sources:
            raise BadOption(f"sources of {self.top}", expected="existing files", found=missing or "none")
        for folder in (*self.include_dirs, *((self.data_dir,) if self.data_dir else ())):
            if not Path(folder).is_dir():
                raise BadOption(f"folder of {self.top}", expected="an existing folder", found=folder)
