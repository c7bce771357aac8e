"""Computes accuracy, exit rate and latency of the exits from integer logits and simulated cycles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hw_models import NetworkSpec, macs_of_path, macs_to_exit
from toolkit.core.groups import answers_of
from toolkit.core.quantities import Histogram
from toolkit.exits.quality import Within, interval
from toolkit.report.schema import Baseline, Exit, Latency, Mix, Price

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class ExitPath:
    """The simulation of one exit path.

    Attributes:
        logits: golden logits, which verification found equal to the RTL's, int64 [N, classes].
        scale: real value of one integer step of the logits.
        latency: clock cycles of each frame, int64 [N]; the first frame entered an empty accelerator.
        interval: clock cycles between frames in steady state.
    """

    logits: Ints
    scale: float
    latency: Ints
    interval: int

    @property
    def real(self) -> NDArray[np.float64]:
        """Logits as real numbers [N, classes]."""
        return np.asarray(self.logits * self.scale, dtype=np.float64)

    @property
    def spread(self) -> Latency:
        """Distribution of the latency over the frames."""
        cycles = self.latency
        return Latency(min=int(cycles.min()), median=int(np.median(cycles)), max=int(cycles.max()))

    @property
    def alone(self) -> int:
        """Latency of the frame that entered an empty accelerator."""
        return int(self.latency[0])


def exits_of(
    spec: NetworkSpec,
    paths: Sequence[ExitPath],
    labels: Ints | None,
    classes: Ints,
    left: Ints,
    prices: Sequence[Price],
) -> tuple[Exit, ...]:
    """Compute the figures of every exit.

    Args:
        spec: description of the network.
        paths: simulation of each exit path.
        labels: correct class of each frame, int64 [N]; None: the network does not classify.
        classes, left: answer to each frame and index of the exit it left by, int64 [N].
        prices: costs of each exit.
    """
    cascade, own = macs_to_exit(spec), macs_of_path(spec)
    exits = []
    for k, path in enumerate(paths):
        mine = left == k
        right = None if labels is None else answers_of(path.logits, spec.groups) == labels
        exited = None if labels is None else classes[mine] == labels[mine]
        exits.append(
            Exit(
                index=k,
                accuracy=_share(right),
                exit_rate=float(mine.mean()),
                accuracy_of_exited=_share(exited),
                accuracy_within=_within(right),
                exit_rate_within=_within(mine),
                accuracy_of_exited_within=_within(exited),
                macs=cascade[k],
                path_macs=own[k],
                latency_cycles=path.spread,
                latency_alone_cycles=path.alone,
                latency_histogram=Histogram.of(path.latency),
                interval_cycles=path.interval,
                **dict(prices[k]),
            )
        )
    return tuple(exits)


def combined_of(exits: Sequence[Exit], labels: Ints | None, classes: Ints, price: Price) -> Mix:
    """Compute the figures of the mix; arguments as of :func:`exits_of`."""
    macs = sum(one.exit_rate * one.macs for one in exits)
    right = None if labels is None else classes == labels
    return Mix(accuracy=_share(right), accuracy_within=_within(right), macs=round(macs, 1), **dict(price))


def baseline_of(last: Exit, alone: float | None, alone_source: str, price: Price, frames: int) -> Baseline:
    """Compute the figures of the last exit path, if it answers every frame.

    Args:
        last: exit of that path.
        alone: accuracy of the backbone trained alone, as a share; None if not known.
        alone_source: checkpoint of ``alone``, or the reason why it is None.
        price: cost of a frame.
        frames: number of frames of ``alone``.
    """
    return Baseline(
        accuracy=last.accuracy,
        accuracy_within=last.accuracy_within,
        accuracy_alone=alone,
        accuracy_alone_within=None if alone is None else interval(round(alone * frames), frames),
        accuracy_alone_says=alone_source,
        macs=last.path_macs,
        latency_cycles=last.latency_cycles,
        latency_alone_cycles=last.latency_alone_cycles,
        interval_cycles=last.interval_cycles,
        **dict(price),
    )


def _share(hits: NDArray[np.bool_] | None) -> float | None:
    return None if hits is None or not len(hits) else float(hits.mean())


def _within(hits: NDArray[np.bool_] | None) -> Within | None:
    return None if hits is None or not len(hits) else interval(int(hits.sum()), len(hits))
