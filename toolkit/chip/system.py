"""The system on disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from toolkit.core.artifact import read_json, write_json
from toolkit.core.errors import ArtifactError

SCHEMA = 1
DESCRIPTION = "system.json"


@dataclass(frozen=True)
class System:
    """RTL of everything on the chip.

    Attributes:
        path: folder with the description, the RTL and the memory images; it can be moved.
        top: name of the top module.
        sources: files in compile order, relative to ``path``.
        data: memory images, relative to ``path``; the RTL names them without their folder.
        design_digest: of the stage accelerators, which the device tells over the wire.
        digest: of the whole.
        board: its name.
        clock_mhz: what the phase-locked loop makes.
        parameters: those of the top module that a simulation may want to change, with their values.
    """

    path: Path
    top: str
    sources: tuple[str, ...]
    data: tuple[str, ...]
    design_digest: str
    digest: str
    board: str
    clock_mhz: float
    parameters: Mapping[str, int]

    def save(self) -> None:
        """Write the description into :attr:`path`."""
        value: dict[str, Any] = {k: v for k, v in asdict(self).items() if k != "path"}
        write_json(self.path / DESCRIPTION, {"schema": SCHEMA, **value})

    @classmethod
    def load(cls, path: Path) -> System:
        """Read a system back.

        Raises:
            ArtifactError: no description there, or one of another schema.
        """
        value = read_json(path / DESCRIPTION)
        if value.pop("schema", None) != SCHEMA:
            raise ArtifactError(f"{path / DESCRIPTION} has another schema", expected=SCHEMA)
        for key in ("sources", "data"):
            value[key] = tuple(value[key])
        return cls(path=path, **value)
