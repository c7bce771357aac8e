"""``offramp waveform``: record what a run's accelerator does, to look at in a wave viewer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def waveform(
    run: Annotated[Path, typer.Argument(help="A run directory whose accelerators are composed.")],
    path: Annotated[int, typer.Option(help="Exit path to record.")] = 0,
    frames: Annotated[int, typer.Option(help="Test frames to record.")] = 2,
    file: Annotated[Path, typer.Option(help="File to write: .fst or .vcd.")] = Path("offramp.fst"),
) -> None:
    """Simulate a few frames and record every signal to FILE, for GTKWave, Surfer or the like."""
    from toolkit.flow.waveform import record_waveform

    cycles = record_waveform(run, path, frames, file)
    print(f"{file}: {frames} frames of exit path {path}, {cycles:,} cycles")
