"""``offramp export-finn``: the exit paths of a run for FINN+'s own builder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from toolkit.cli.options import argument, taken
from toolkit.core.declaration import Option

OUT = Option("New folder to write.", name="out", kind=Path)
PART = Option("AMD part that FINN+ builds for.", name="part", kind=str)


def export_finn(
    run: Annotated[Path, argument("RUN", "A run directory, exported and compiled.")],
    out: Annotated[Path, taken(OUT)] = Path("finn"),
    part: Annotated[str, taken(PART)] = "xc7z020clg400-1",
) -> None:
    """Write a folder per exit path that ``finn build`` takes: QONNX, configuration, folding."""
    from toolkit.flow import finn

    for folder in finn.export_finn(run, out, part):
        print(f"{folder}: finn build build.yaml model.onnx")
