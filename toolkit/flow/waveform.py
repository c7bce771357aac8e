"""Waveforms of a run's accelerators, recorded on request; no step of the flow."""

from __future__ import annotations

from pathlib import Path

from toolkit.compose import Accelerators
from toolkit.compose.accelerator import INPUT
from toolkit.core.errors import BadOption
from toolkit.flow.data import load_data
from toolkit.flow.rundir import RunDirectory
from toolkit.sim import Trace, build


def record_waveform(run: Path, path: int, frames: int, file: Path) -> int:
    """Simulate test frames on one exit path and record every signal.

    Args:
        run: run directory with composed accelerators.
        path: index of the exit path.
        frames: number of test frames, from the first.
        file: output, ``.fst`` or ``.vcd``.

    Returns:
        The number of simulated clock cycles.

    Raises:
        BadOption: the exit path does not exist, or frames or file ending are out of range.
        ArtifactError: the run directory holds no run, or its accelerators are missing or damaged.
        OutputPathError: the file cannot be written.
    """
    from toolkit.verify.hardware import input_beats

    kinds = {f".{kind.value}": kind for kind in (Trace.FST, Trace.VCD)}
    if file.suffix not in kinds:
        raise BadOption(
            f"waveform file {file}", expected=" or ".join(kinds), found=file.suffix or "no ending"
        )
    directory = RunDirectory(run)
    options = directory.options()
    known = Accelerators.load(directory.result("compose")).paths
    if not 0 <= path < len(known):
        raise BadOption(
            "--path",
            expected=f"a number below {len(known)}",
            found=path,
            fix=f"Is it composed? offramp compose {run}",
        )
    images = load_data(options.data).test.images
    if not 1 <= frames <= len(images):
        raise BadOption("--frames", expected=f"1 to {len(images)}", found=frames)
    simulator = build(known[path].design(), trace=kinds[file.suffix])
    beats = input_beats(known[path], images[:frames])
    return simulator.run({INPUT: beats}, jobs=1, trace_file=file, probes=()).cycles
