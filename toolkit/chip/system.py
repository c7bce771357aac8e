"""The description of a system on disk."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from toolkit.core.artifact import Artifact, Inside, Name


class System(Artifact):
    """The RTL of everything on the chip.

    Attributes:
        path: folder with the description, the RTL and the memory images; it can be moved.
        top: name of the top module.
        sources: RTL files in compile order, relative to ``path``.
        data: memory images, relative to ``path``; the RTL refers to them without their folder.
        design_digest: digest of the stage accelerators, which the device sends to the host.
        digest: digest of the whole system.
        board: name of the board.
        clock_mhz: frequency of the clock.
        parameters: parameters of the top module that a simulation may change, with their values.
        host_files: files that a host needs beside the bitstream, relative to ``path``.
    """

    FILE: ClassVar[str] = "system.json"

    path: Path = Field(exclude=True)
    top: Name
    sources: tuple[Inside, ...]
    data: tuple[Inside, ...]
    design_digest: str
    digest: str
    board: str
    clock_mhz: float
    parameters: Mapping[str, int]
    host_files: tuple[Inside, ...] = ()
