"""Frames per second of the simulated cascade: exit controller, stages in Verilator, both cores.

    .venv/bin/python benchmarks/cascade.py RUN [--frames N] [--batch N]

RUN is a run directory, composed and calibrated. Random images are sent; how many leave early is printed too.
Everything printed was measured in this run; compiling is not part of it.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from toolkit.flow.session import Session


def main() -> None:
    """Classify frames and print the pace."""
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--frames", type=int, default=500)
    parser.add_argument("--batch", type=int, default=50)
    options = parser.parse_args()
    session = Session.load(options.run)
    images = np.random.default_rng(0).integers(0, 256, (options.frames, *session.shape), np.uint8)
    with session.controller(batch=options.batch) as controller:
        start = time.perf_counter()
        answers = list(controller.classify(images))
        seconds = time.perf_counter() - start
    early = sum(answer.exit == 0 for answer in answers) / len(answers)
    print(f"{len(answers) / seconds:.1f} frames/s of wall time, {early:.1%} left at exit 0")


if __name__ == "__main__":
    main()
