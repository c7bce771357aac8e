"""What the exits answer: accuracy, exit rate and latency, from integer logits and simulated cycles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hw_models import NetworkSpec, macs_of_path, macs_to_exit
from toolkit.report.schema import Baseline, Curve, Exit, Histogram, Latency
from toolkit.report.schema import Combined as CombinedPart
from toolkit.train.evaluate import accuracies, combine

BINS = 60
POINTS = 161
LAST_NINES = 4  # the curve's last threshold is at least 0.9999


@dataclass(frozen=True)
class PathRun:
    """What one exit path did in simulation.

    Attributes:
        logits: int64 [N, classes], golden, which verification found equal to the RTL's.
        scale: real value of one step of the logits.
        latency: int64 [N], cycles per frame; the first frame found the accelerator empty.
        interval: cycles between frames in steady state.
    """

    logits: NDArray[np.int64]
    scale: float
    latency: NDArray[np.int64]
    interval: int

    @property
    def real(self) -> NDArray[np.float64]:
        """Logits as real numbers [N, classes]."""
        return np.asarray(self.logits * self.scale, dtype=np.float64)

    @property
    def spread(self) -> Latency:
        """Latency over the frames."""
        cycles = self.latency
        return Latency(min=int(cycles.min()), median=int(np.median(cycles)), max=int(cycles.max()))

    @property
    def alone(self) -> int:
        """Latency of the frame that found the accelerator empty."""
        return int(self.latency[0])


def exits_of(
    spec: NetworkSpec, paths: Sequence[PathRun], labels: NDArray[np.int64], thresholds: Sequence[float]
) -> tuple[tuple[Exit, ...], CombinedPart, Baseline]:
    """Every exit, all together, and the last exit path as the baseline.

    Args:
        spec: the network.
        paths: one per exit.
        labels: int64 [N].
        thresholds: top-1 thresholds, one per early exit.

    Raises:
        BadOption: not one threshold for each early exit.
    """
    logits = [path.real for path in paths]
    together, alone = combine(logits, labels, thresholds), accuracies(logits, labels)
    cascade, own = macs_to_exit(spec), macs_of_path(spec)
    exits = []
    for k, path in enumerate(paths):
        rate, right = together.exit_rates[k], together.exited_accuracies[k]
        exits.append(
            Exit(
                index=k,
                accuracy=alone[k],
                exit_rate=rate,
                accuracy_of_exited=right if rate else None,
                macs=cascade[k],
                path_macs=own[k],
                latency_cycles=path.spread,
                latency_alone_cycles=path.alone,
                latency_histogram=histogram(path.latency),
                interval_cycles=path.interval,
            )
        )
    mean = sum(one.exit_rate * one.macs for one in exits)
    last = paths[-1]
    baseline = Baseline(
        accuracy=alone[-1],
        macs=own[-1],
        latency_cycles=last.spread,
        latency_alone_cycles=last.alone,
        interval_cycles=last.interval,
    )
    return tuple(exits), CombinedPart(accuracy=together.accuracy, macs=round(mean, 1)), baseline


def histogram(cycles: NDArray[np.int64]) -> Histogram:
    """Whole cycles in at most :data:`BINS` equal bins."""
    start, stop = int(cycles.min()), int(cycles.max()) + 1
    width = -(-(stop - start) // BINS)
    bins = -(-(stop - start) // width)
    frames = np.bincount((cycles - start) // width, minlength=bins)
    return Histogram(start=start, width=width, frames=tuple(int(n) for n in frames))


def curve_of(
    paths: Sequence[PathRun], labels: NDArray[np.int64], thresholds: Sequence[float]
) -> Curve | None:
    """Accuracy and exit rate over the threshold of exit 0; None without an early exit.

    The thresholds lie evenly in log odds, since what matters happens close to 1.
    """
    if not thresholds:
        return None
    classes = paths[0].logits.shape[1]
    last = 1 - min(10.0**-LAST_NINES, max((1 - thresholds[0]) / 4, 1e-6))
    low, high = (np.log(p / (1 - p)) for p in (1 / classes, last))
    grid = np.round(1 / (1 + np.exp(-np.linspace(low, high, POINTS))), 6)
    logits = [path.real for path in paths]
    points = [combine(logits, labels, (float(at), *thresholds[1:])) for at in grid]
    return Curve(
        thresholds=tuple(float(at) for at in grid),
        accuracies=tuple(point.accuracy for point in points),
        exit_rates=tuple(point.exit_rates[0] for point in points),
    )
