"""``offramp waveform``: record what a run's accelerator does, to look at in a wave viewer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from toolkit.cli.options import argument, taken
from toolkit.core.declaration import Option
from toolkit.core.outputs import require_file
from toolkit.core.store import Store

PATH = Option("Exit path to record.", name="path", kind=int, low=0, high=1000)
FRAMES = Option("Test frames to record.", name="frames", kind=int, low=1, high=1000)
FILE = Option("File to write: .fst or .vcd.", name="file", kind=Path)


def waveform(
    run: Annotated[Path, argument("RUN", "A run directory whose accelerators are composed.")],
    path: Annotated[int, taken(PATH)] = 0,
    frames: Annotated[int, taken(FRAMES)] = 2,
    file: Annotated[Path, taken(FILE)] = Path("offramp.fst"),
) -> None:
    """Simulate a few frames and record every signal to FILE, for GTKWave, Surfer or the like."""
    require_file(file, FILE.flag)
    Store().require()
    from toolkit.flow.waveform import record_waveform

    cycles = record_waveform(run, path, frames, file)
    print(f"{file}: {frames} frames of exit path {path}, {cycles:,} cycles")
