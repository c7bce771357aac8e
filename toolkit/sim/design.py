"""The input of the simulator: RTL sources and the streams of the design.

The clock is ``ap_clk``, the synchronous active-low reset ``ap_rst_n``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from toolkit.core.errors import BadOption
from toolkit.core.paths import is_file, is_folder
from toolkit.core.stream import Stream

SUFFIXES = (".sv", ".v")
"""Endings of sources: Verilator takes files with others for settings, or for C++."""
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


@dataclass(frozen=True)
class RtlDesign:
    """Sources and ports of one design.

    Attributes:
        top: name of the top module.
        sources: SystemVerilog files in compile order (packages first).
        inputs, outputs: streams of the design; every one is driven or read in every run. The simulator needs
            one of each; a simulated board may have none.
        include_dirs: folders searched for `` `include `` files.
        data_dir: working folder of the running simulation, with the ``*.dat`` files that ``$readmemh`` names
            by relative path. They are read at run time, so they do not belong to the compiled simulator.
        defines: preprocessor macros; ``None`` defines one without a value.
        parameters: parameters of the top module.
        probes: stream through the FIFO with this ID (its ``name`` is only a label).

    Raises:
        BadOption: two streams have one name, the top module's name is none, or a source is not a
            SystemVerilog file.
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
        if not _NAME.fullmatch(self.top):
            raise BadOption("top module", expected="a Verilog name", found=repr(self.top))
        names = [stream.name for stream in (*self.inputs, *self.outputs)]
        if len(set(names)) != len(names):
            raise BadOption(f"streams of {self.top}", expected="different names", found=names)
        if other := [str(path) for path in self.sources if Path(path).suffix not in SUFFIXES]:
            raise BadOption(f"sources of {self.top}", expected=" or ".join(SUFFIXES), found=other)
        missing = [str(path) for path in self.sources if not is_file(path)]
        if missing or not self.sources:
            raise BadOption(f"sources of {self.top}", expected="existing files", found=missing or "none")
        for folder in (*self.include_dirs, *((self.data_dir,) if self.data_dir else ())):
            if not is_folder(folder):
                raise BadOption(f"folder of {self.top}", expected="an existing folder", found=folder)
