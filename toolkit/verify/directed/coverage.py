"""What frames drive of a hardware layer, counted from the integers that it was given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, Self

import numpy as np

from toolkit.core.artifact import Artifact, Record, Text
from toolkit.core.quantities import Count, Cycles
from toolkit.verify.directed.arithmetic import Ints, Place
from toolkit.verify.directed.stimulus import takes_every_accumulator
from toolkit.verify.streams import PADDED, pooled_windows, stream_order


class Goal(Record):
    """One kind of thing that frames should drive in a layer.

    Attributes:
        what: name in words, "threshold steps, met from both sides".
        covered: how many were driven.
        coverable: how many can be.
        why: why others of the hardware cannot, or were not; empty if all can.
        missing: names of those that can be and were not, where they have names.
    """

    what: Text
    covered: Count
    coverable: Count
    why: str = ""
    missing: tuple[str, ...] = ()

    @classmethod
    def named(cls, what: str, seen: Mapping[str, bool], why: str = "") -> Self:
        """Return a goal of things with names, given whether each was driven, and why one may not be."""
        missing = tuple(name for name, done in seen.items() if not done)
        covered = len(seen) - len(missing)
        return cls(
            what=what, covered=covered, coverable=len(seen), why=why if missing else "", missing=missing
        )


class LayerCoverage(Record):
    """Coverage of one hardware layer.

    Attributes:
        node, kind, layer: hardware layer, its kind, and the network layer that it belongs to.
        frames: frames in a row that drove it; its counters returned to their start with each.
        pace: simulated cycles per frame without stalls; None for the last layer of a chain.
        goals: what was driven.
    """

    node: Text
    kind: Text
    layer: Text
    frames: Cycles
    pace: Cycles | None
    goals: tuple[Goal, ...]

    @property
    def segment(self) -> str:
        """Segment that it belongs to."""
        return self.layer.partition(".")[0]


class DesignCoverage(Record):
    """Coverage of one accelerator.

    Attributes:
        name: name of the accelerator.
        layers: layers driven alone, in stream order; none for a stage, whose layers are those of the paths.
        frames: frames in a row that drove the whole.
        goals: what they drove of its queues and ports.
    """

    name: Text
    layers: tuple[LayerCoverage, ...]
    frames: Cycles
    goals: tuple[Goal, ...]


class Coverage(Artifact):
    """What directed stimulus drove in the accelerators of a network.

    Attributes:
        designs: exit paths, then stages.
        compared: compared integers.
    """

    FILE: ClassVar[str] = "coverage.json"

    designs: tuple[DesignCoverage, ...]
    compared: Cycles

    @property
    def goals(self) -> tuple[Goal, ...]:
        """Goals of all layers, queues and ports."""
        layers = (goal for design in self.designs for layer in design.layers for goal in layer.goals)
        return (*layers, *(goal for design in self.designs for goal in design.goals))

    @property
    def covered(self) -> int:
        """How many things were driven."""
        return sum(goal.covered for goal in self.goals)

    @property
    def coverable(self) -> int:
        """How many can be."""
        return sum(goal.coverable for goal in self.goals)

    @property
    def lines(self) -> tuple[str, ...]:
        """The result in a line for every layer, and for the queues and ports of every accelerator."""
        named = [(layer.layer, layer.kind, layer.goals) for design in self.designs for layer in design.layers]
        named += [(design.name, "queues and ports", design.goals) for design in self.designs]
        return tuple(_line(*one) for one in named)

    @property
    def message(self) -> str:
        """The result in a line."""
        parts = f"{self.covered:,} of {self.coverable:,} parts of the hardware driven"
        return f"directed: {self.compared:,} more, {parts}"


def _line(name: str, kind: str, goals: tuple[Goal, ...]) -> str:
    covered, coverable = (sum(getattr(goal, what) for goal in goals) for what in ("covered", "coverable"))
    left = "; ".join(
        f"{', '.join(goal.missing) or f'{goal.coverable - goal.covered:,}'} of {goal.what}"
        for goal in goals
        if goal.covered < goal.coverable
    )
    return f"{name:16}{kind:18}{covered:>12,} of {coverable:>12,} driven" + (left and f"; left: {left}")


def goals(place: Place, given: Ints) -> tuple[Goal, ...]:
    """Return what frames (N, *shape) drive in a layer."""
    return _GOALS.get(place.node.kind, _moved)(place, given)


def _product(place: Place, given: Ints) -> tuple[Goal, ...]:
    linear = place.linear
    assert linear is not None
    vectors = given.reshape(-1, stream_order(linear.weights, place.shape).shape[1])
    seen = int((vectors != 0).any(axis=0).sum())
    found = place.output(given)
    ends = int(found.min() == linear.least.min()) + int(found.max() == linear.most.max())
    bits = len(linear.weights) * linear.bits
    reach = f"{linear.least.min():,} to {linear.most.max():,} of {place.node.output.dtype}"
    return (
        Goal(
            what="weight bits that change an output", covered=seen * bits, coverable=vectors.shape[1] * bits
        ),
        Goal(what=f"ends of the accumulator's range ({reach})", covered=ends, coverable=2),
    )


def _depthwise(place: Place, given: Ints) -> tuple[Goal, ...]:
    linear = place.linear
    assert linear is not None
    driven = (given.reshape(-1, linear.rows.size) != 0).any(axis=0)
    found = place.output(given).reshape(-1, len(linear.weights))
    ends = int((found.min(axis=0) == linear.least).sum() + (found.max(axis=0) == linear.most).sum())
    bits = linear.bits
    return (
        Goal(
            what="weight bits that change an output",
            covered=int(driven.sum()) * bits,
            coverable=linear.rows.size * bits,
        ),
        Goal(what="ends of each channel's accumulator", covered=ends, coverable=2 * len(linear.weights)),
    )


def _quantiser(place: Place, given: Ints) -> tuple[Goal, ...]:
    linear = place.linear
    assert linear is not None
    channels = len(linear.weights)
    low, high = linear.reach
    values = given.reshape(-1, channels)
    driven = np.zeros((channels, high - low + 1), bool)
    driven[np.arange(channels), values - low] = True
    channel, at, steps = linear.steps.T
    met = driven[channel, at - low] & driven[channel, at - low - 1]
    coverable, total = int(steps.sum()), channels * (place.node.output.high - place.node.output.low)
    whys = []
    if coverable < total:
        whys.append(
            f"{total - coverable} of {total} lie outside {low:,} to {high:,}, all that the products can be"
        )
    if not (every := takes_every_accumulator(place)):
        whys.append(
            f"{int(driven.sum()):,} of {driven.size:,} accumulators were tried, since all would take too long"
        )
    steps_met = Goal(
        what="threshold steps, met from both sides",
        covered=int(steps[met].sum()),
        coverable=coverable,
        why="; ".join(whys),
    )
    accumulators = Goal(what="accumulators", covered=int(driven.sum()), coverable=driven.size)
    return (accumulators, steps_met) if every else (steps_met,)


def _pool(place: Place, given: Ints) -> tuple[Goal, ...]:
    views = pooled_windows(given, place.node.attributes)
    flat = views.reshape(-1, views.shape[3], views.shape[4] * views.shape[5])
    ordered = np.sort(flat, axis=2)
    alone = ordered[:, :, -1:] > ordered[:, :, -2:-1] if flat.shape[2] > 1 else np.ones_like(ordered, bool)
    wins = ((flat == ordered[:, :, -1:]) & alone).any(axis=0)
    inside = (flat != PADDED).any(axis=0)
    why = "the others lie in the padding, whatever window" if not inside.all() else ""
    what = "window positions that win alone"
    return (
        Goal(what=what, covered=int(wins.sum()), coverable=int(inside.sum()), why=why),
        *_moved(place, given),
    )


def _bias(place: Place, given: Ints) -> tuple[Goal, ...]:
    linear = place.linear
    assert linear is not None
    values = given.reshape(-1, len(linear.weights))
    ends = int((values.min(axis=0) == linear.least).sum() + (values.max(axis=0) == linear.most).sum())
    return (Goal(what="ends of each output's range", covered=ends, coverable=2 * values.shape[1]),)


def _sum(place: Place, given: Ints) -> tuple[Goal, ...]:
    found, lanes = place.output(given), place.node.output.lanes
    low, high = 2 * place.node.input.low, 2 * place.node.input.high
    seen = int((found.min(axis=(0, 1)) == low).sum() + (found.max(axis=(0, 1)) == high).sum())
    return (
        Goal(what="ends of each lane's range of sums", covered=seen, coverable=2 * lanes),
        *_moved(place, given),
    )


def _moved(place: Place, given: Ints) -> tuple[Goal, ...]:
    bits = place.node.input.element_bits
    flat = given.reshape(len(given), -1)
    seen = sum(
        int(((flat >> bit & 1).min(axis=0) != (flat >> bit & 1).max(axis=0)).sum()) for bit in range(bits)
    )
    return (Goal(what="input bits that were 0 and 1", covered=seen, coverable=flat.shape[1] * bits),)


_GOALS: dict[str, Callable[[Place, Ints], tuple[Goal, ...]]] = {
    "mvau": _product,
    "depthwise": _depthwise,
    "threshold": _quantiser,
    "pool": _pool,
    "bias": _bias,
    "add": _sum,
}
