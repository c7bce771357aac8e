"""The description of a bitstream on disk."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Self

from pydantic import Field

from toolkit.core.artifact import Artifact, Inside, sha256_file, write_json
from toolkit.core.errors import ArtifactError
from toolkit.core.paths import is_file
from toolkit.core.reading import read_json
from toolkit.families.results import Compared, Routed

SECONDS = "seconds.log"
"""Name of the file of wall times. It is a log: the other files do not differ between equal builds."""
NETLIST = "netlist.v"
"""Name of the file of the placed netlist, as Verilog."""


class Bitstream(Artifact):
    """A bitstream.

    Attributes:
        path: folder with the bitstream, this description, constraints, netlist, report and logs.
        file: name of the bitstream's file.
        board, part: board and part it was built for.
        asked_mhz: requested clock.
        mhz: clock it was built for; lower than the requested one if that was missed.
        missed: each clock that was tried before -> clock reached, in MHz.
        routed: clocks reached, use of the part, critical path.
        seed: seed of the chosen placement; None: Vivado's, which takes none.
        seeds: seed -> clock reached, in MHz.
        tools: name of each tool -> version.
        provenance: origin of clocks and use.
        compared: amount of configuration data found equal when the bitstream was unpacked; None: it was not.
        digests: SHA-256 of system, intermediate results and bitstream.
        seconds: wall time of the tools, by phase; 0 if the result was cached.
    """

    FILE: ClassVar[str] = "bitstream.json"

    path: Path = Field(exclude=True)
    file: Inside
    board: str
    part: str
    asked_mhz: float
    mhz: float
    missed: Mapping[str, float]
    routed: Routed
    seed: int | None = None
    seeds: Mapping[str, float]
    tools: Mapping[str, str]
    provenance: str
    compared: Compared | None = None
    digests: Mapping[str, str]
    seconds: Mapping[str, float] = Field({}, exclude=True)

    @property
    def bit(self) -> Path:
        """Path of the bitstream."""
        return self.path / self.file

    @property
    def netlist(self) -> Path:
        """Path of the placed netlist, for :func:`toolkit.implement.netlist.netlist_design`."""
        return self.path / NETLIST

    @property
    def fmax_mhz(self) -> float:
        """Clock that the slowest path of the design allows, in MHz."""
        return self.routed.clock.reached_mhz

    @property
    def met(self) -> bool:
        """Whether it reaches the clock it was built for. If not, it may fail on the board."""
        return self.routed.met

    def save(self, folder: Path) -> Path:
        """Write the description and the wall times into ``folder``."""
        write_json(folder / SECONDS, dict(self.seconds))
        return super().save(folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the description of a bitstream.

        Raises:
            ArtifactError: the description is missing or damaged, or the bitstream was changed.
        """
        found = super().load(folder)
        if not is_file(found.bit) or sha256_file(found.bit) != found.digests["bitstream"]:
            raise ArtifactError(f"{found.bit} is missing or was changed", fix="Build it again.")
        seconds = read_json(folder / SECONDS) if is_file(folder / SECONDS) else {}
        return found.model_copy(update={"seconds": seconds})
