"""Cycles per second of compiled accelerators, and the time it takes to compile them.

    .venv/bin/python benchmarks/sim_speed.py FOLDER... [--frames N] [--jobs N] [--quick]

A folder holds one accelerator (``accelerator.json``), as ``offramp compose`` writes it. Caches are cold.
Speed is per second of wall time and per second of processor time: they differ when other programs run.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

from toolkit.compose import Accelerator
from toolkit.sim import Simulator, build


def main() -> None:
    """Measure every folder named on the command line."""
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="compiled for short runs")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="offramp-benchmark-") as cache:
        for folder in options.folders:
            accelerator = Accelerator.load(folder)
            start = time.perf_counter()
            simulator = build(accelerator.design(), cache_dir=Path(cache), quick=options.quick)
            print(f"{folder}: compiled in {time.perf_counter() - start:.1f} s")
            for jobs in sorted({1, options.jobs}):
                measure(simulator, options.frames, jobs)


def measure(simulator: Simulator, frames: int, jobs: int) -> None:
    """Run random frames and print the speed."""
    random = np.random.default_rng(0)
    inputs = {
        stream.name: random.integers(stream.low, stream.high + 1, (frames, stream.beats, stream.lanes))
        for stream in simulator.design.inputs
    }
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    run = simulator.run(inputs, jobs=jobs)
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    print(
        f"  {jobs} processes: {run.cycles:,} cycles, {run.cycles_per_second:,.0f}/s per process, "
        f"{run.cycles / run.seconds:,.0f}/s in all, {run.cycles / used:,.0f} per processor second; "
        f"{run.interval} cycles per frame"
    )


if __name__ == "__main__":
    main()
