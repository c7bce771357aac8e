"""A bitstream on disk, with everything that is known about it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from toolkit.core.artifact import read_json, sha256_file, write_json
from toolkit.core.errors import ArtifactError
from toolkit.families.ecp5.configuration import Compared
from toolkit.families.ecp5.plan import VERILOG
from toolkit.families.ecp5.timing import Routed

SCHEMA = 1
DESCRIPTION = "bitstream.json"
SECONDS = "seconds.log"
"""Times are kept apart: same inputs, same bytes everywhere else."""


@dataclass(frozen=True)
class Bitstream:
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
        compared: what ecpunpack gave back as it was packed.
        digests: SHA-256 of system, netlist, constraints, configuration and bitstream.
        seconds: that tools ran for, by phase; 0 for what was in the cache.
    """

    path: Path
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
    seconds: Mapping[str, float]

    @property
    def bit(self) -> Path:
        """The bitstream."""
        return self.path / self.file

    @property
    def netlist(self) -> Path:
        """The netlist that was placed, as Verilog for :func:`toolkit.implement.simulation.netlist_design`."""
        return self.path / VERILOG

    @property
    def fmax_mhz(self) -> float:
        """What the design's clock reaches."""
        return self.routed.clock.reached_mhz

    @property
    def met(self) -> bool:
        """Whether it reaches the clock it has. If not, it may fail on the board."""
        return self.routed.met

    def save(self) -> None:
        """Write the description."""
        value = dataclasses.asdict(self)
        del value["path"]
        write_json(self.path / SECONDS, value.pop("seconds"))
        write_json(self.path / DESCRIPTION, {"schema": SCHEMA, **value})

    @classmethod
    def load(cls, path: Path) -> Bitstream:
        """Read a bitstream back.

        Raises:
            ArtifactError: no whole description there, one of another schema, or the bitstream was changed.
        """
        value: dict[str, Any] = read_json(path / DESCRIPTION)
        if value.pop("schema", None) != SCHEMA:
            raise ArtifactError(f"{path / DESCRIPTION} has another schema", expected=SCHEMA)
        seconds = read_json(path / SECONDS) if (path / SECONDS).is_file() else {}
        try:
            found = TypeAdapter(cls).validate_python({**value, "path": path, "seconds": seconds})
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            key = ".".join(map(str, first["loc"]))
            raise ArtifactError(f"{path / DESCRIPTION}: {key}", expected=first["msg"]) from error
        if not found.bit.is_file() or sha256_file(found.bit) != found.digests["bitstream"]:
            raise ArtifactError(f"{found.bit} is missing or was changed", fix="Build it again.")
        return found
