"""A bitstream on disk, with everything that is known about it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Self

from pydantic import Field

from toolkit.core.artifact import Artifact, read_json, sha256_file, write_json
from toolkit.core.errors import ArtifactError
from toolkit.families.results import Compared, Routed

SECONDS = "seconds.log"
"""Times are kept apart: same inputs, same bytes everywhere else."""
NETLIST = "netlist.v"
"""The netlist that was placed, as Verilog."""


class Bitstream(Artifact):
    """A bitstream.

    Attributes:
        path: folder with the bitstream, this description, constraints, netlist, report and logs.
        file: the bitstream's name in it.
        board, part: what it is for.
        asked_mhz: the clock that was asked for.
        mhz: the clock it has, one step down if the first was missed.
        missed: what was reached at clocks that were tried before, by the clock in MHz.
        routed: clocks reached, use of the part, critical path.
        seeds: clock reached with each seed, in MHz; ``seed``: the one taken.
        tools: versions, by name.
        provenance: where clocks and use come from.
        compared: what was unpacked again as it was packed.
        digests: SHA-256 of system, netlist, constraints, configuration and bitstream.
        seconds: that tools ran for, by phase; 0 for what was in the cache.
    """

    FILE: ClassVar[str] = "bitstream.json"

    path: Path = Field(exclude=True)
    file: str
    board: str
    part: str
    asked_mhz: float
    mhz: float
    missed: Mapping[str, float]
    routed: Routed
    seed: int
    seeds: Mapping[str, float]
    tools: Mapping[str, str]
    provenance: str
    compared: Compared
    digests: Mapping[str, str]
    seconds: Mapping[str, float] = Field({}, exclude=True)

    @property
    def bit(self) -> Path:
        """The bitstream."""
        return self.path / self.file

    @property
    def netlist(self) -> Path:
        """The netlist that was placed, for :func:`toolkit.implement.netlist.netlist_design`."""
        return self.path / NETLIST

    @property
    def fmax_mhz(self) -> float:
        """What the design's clock reaches."""
        return self.routed.clock.reached_mhz

    @property
    def met(self) -> bool:
        """Whether it reaches the clock it has. If not, it may fail on the board."""
        return self.routed.met

    def save(self, folder: Path) -> Path:
        """Write the description into ``folder``, and the seconds beside it."""
        write_json(folder / SECONDS, dict(self.seconds))
        return super().save(folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a bitstream back.

        Raises:
            ArtifactError: no whole description there, one of another schema, or the bitstream was changed.
        """
        found = super().load(folder)
        if not found.bit.is_file() or sha256_file(found.bit) != found.digests["bitstream"]:
            raise ArtifactError(f"{found.bit} is missing or was changed", fix="Build it again.")
        seconds = read_json(folder / SECONDS) if (folder / SECONDS).is_file() else {}
        return found.model_copy(update={"seconds": seconds})
