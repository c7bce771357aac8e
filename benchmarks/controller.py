"""Time that the exit controller itself takes per frame, with a device that answers at once.

    .venv/bin/python benchmarks/controller.py [--frames N] [--rate R]

Images are those of MNIST in size, feature maps 980 integers, ten classes; a share R leaves at exit 0.
Everything printed was measured in this run; the best of three.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Callable

import numpy as np

from toolkit.core.stream import Stream
from toolkit.runtime import Device, DeviceInfo, ExitController, Reply, StageStreams

CLASSES, LOGITS = 10, Stream("out0_V", 16, True, 1, 10)
PIXELS, MAP_OUT, MAP_IN = (
    Stream("in0_V", 8, False, 1, 784),
    Stream("out1_V", 4, False, 5, 196),
    Stream("in0_V", 4, False, 5, 196),
)


class Instant(Device):
    """Two stages that answer at once. A frame leaves if its first pixel is not 0."""

    def __init__(self, batch: int) -> None:
        self._maps = np.zeros((batch, 980), np.int64)

    @property
    def info(self) -> DeviceInfo:
        stages = (StageStreams(PIXELS, LOGITS, MAP_OUT), StageStreams(MAP_IN, LOGITS, None))
        return DeviceInfo("instant", "", stages)

    def run(self, stage: int, batch: np.ndarray, timeout_s: float) -> Reply:
        logits = np.zeros((len(batch), CLASSES), np.int64)
        logits[:, 3] = batch[:, 0]
        return Reply(logits, self._maps[: len(batch)] if stage == 0 else None)

    def close(self) -> None:
        pass


class Policy:
    """A frame leaves if the logit of class 3 is above 0."""

    thresholds, scales, groups = (0.5,), (0.125,), 1

    def leaves(self, k: int, logits: np.ndarray) -> np.ndarray:
        return logits[:, 3] > 0


def main() -> None:
    """Print microseconds per frame for batch sizes."""
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--frames", type=int, default=20_000)
    parser.add_argument("--rate", type=float, default=0.95)
    options = parser.parse_args()
    random = np.random.default_rng(0)
    frames = random.integers(0, 256, (options.frames, 1, 28, 28), dtype=np.uint8)
    frames[:, 0, 0, 0] = random.random(options.frames) < options.rate
    print(f"{options.frames:,} frames, {frames[:, 0, 0, 0].mean():.1%} leave at exit 0")
    print(f"{'batch':>6}{'classify':>12}{'stream':>12}   microseconds per frame")
    for batch in (1, 8, 64, 256, 1024):
        controller = ExitController(Instant(batch), Policy(), batch=batch)
        times = [best(run, controller, frames) for run in (classified, streamed)]
        each = [1e6 * seconds / options.frames for seconds in times]
        print(f"{batch:>6}{each[0]:>12.1f}{each[1]:>12.1f}")


def classified(controller: ExitController, frames: np.ndarray) -> int:
    """Classify synchronously; return the number of answers."""
    return sum(1 for _ in controller.classify(frames))


def streamed(controller: ExitController, frames: np.ndarray) -> int:
    """Classify asynchronously; return the number of answers."""

    async def count() -> int:
        return len([answer async for answer in controller.stream(frames)])

    return asyncio.run(count())


def best(
    run: Callable[[ExitController, np.ndarray], int], controller: ExitController, frames: np.ndarray
) -> float:
    """Return the wall time of the fastest of three runs, in seconds."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        run(controller, frames)
        times.append(time.perf_counter() - start)
    return min(times)


if __name__ == "__main__":
    main()
