"""Results of a search: figures of a point, the point that a run is built from, and all points together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import SerializerFunctionWrapHandler, model_serializer

from toolkit.core.artifact import Artifact, Record

OWN_HEAD = "its own"
"""Kind of a head that the network brought."""


class Figures(Record):
    """What a point is worth. Accuracies and shares are measured, all others estimated.

    Attributes:
        accuracy: of all frames on the validation split, each answered where it leaves.
        test_accuracy: the same on the test split, which no choice is made by.
        exit_rates: share of the frames of the validation split that leave at each exit.
        energy_uj: energy of a frame above idle, on average.
        throughput: frames per second.
        latency_us: mean time from image to answer, alone.
        lut, bram, dsp: look-up tables, block RAMs of 18 Kb and multipliers, with the link.
        cycles: cycles per frame.
        clock_mhz: clock that times are given for.
    """

    accuracy: float
    test_accuracy: float
    exit_rates: tuple[float, ...]
    energy_uj: float
    throughput: float
    latency_us: float
    lut: int
    bram: int
    dsp: int
    cycles: float
    clock_mhz: float


class Evaluation(Artifact):
    """What is found of a trained point.

    Attributes:
        figures: its figures; None: it cannot be built or trained.
        refused: why not; empty if it can.
        luts: look-up tables that its design was allowed in the end.
    """

    FILE: ClassVar[str] = "evaluation.json"

    figures: Figures | None = None
    refused: str = ""
    luts: int | None = None


class PlacedExit(Record):
    """An early exit of a point.

    Attributes:
        after: layer of the backbone behind which it sits, as ``offramp exits`` names it.
        head: kind of its head, or :data:`OWN_HEAD`.
    """

    after: str
    head: str


class Tried(Record):
    """A point of a search.

    Attributes:
        number: its number; its folder has that name.
        quant: bit widths.
        key: the same as a short name.
        epochs: epochs it was trained for.
        start: what it was trained from: a shipped or given file, a point, or the float network.
        figures, refused: as in its evaluation.
        breaks: limits that it does not keep.
        front: whether it is one of the best: trained to the end, within all limits, and none is better in
            every objective.
        exits: its early exits; None, and no key in JSON, here and below: this was not searched.
        exit_rate: share of the frames that shall leave at each early exit.
        luts: look-up tables that its design may have.
    """

    number: int
    quant: Mapping[str, Any]
    key: str
    epochs: int
    start: str
    figures: Figures | None
    refused: str
    breaks: tuple[str, ...] = ()
    front: bool = False
    exits: tuple[PlacedExit, ...] | None = None
    exit_rate: float | None = None
    luts: int | None = None

    @model_serializer(mode="wrap")
    def _without_none(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        made: dict[str, Any] = handler(self)
        for name in ("exits", "exit_rate", "luts"):
            if made[name] is None:
                del made[name]
        return made

    @property
    def exits_in_words(self) -> str:
        """Head and place of each early exit."""
        return ", ".join(f"{one.head} after {one.after}" for one in self.exits or ()) or "none"


class BuildPoint(Artifact):
    """A point as a run is built from it; its checkpoint lies beside the file.

    Attributes:
        options: options of the run by name, but for the checkpoint.
    """

    FILE: ClassVar[str] = "point.json"

    options: Mapping[str, Any]


class Exploration(Artifact):
    """A whole search.

    Attributes:
        model, dataset, target: what was searched for what.
        objectives: names of the objectives, the first of which breaks ties.
        limits: limits in words.
        epochs: epochs of the points that were trained to the end.
        asked: points that the search asked for; equal ones are one of ``points``.
        clock: where the clock comes from.
        points: points by their numbers.
    """

    FILE: ClassVar[str] = "exploration.json"

    model: str
    dataset: str
    target: str
    objectives: tuple[str, ...]
    limits: tuple[str, ...]
    epochs: int
    asked: int
    clock: str
    points: tuple[Tried, ...]

    @property
    def front(self) -> tuple[Tried, ...]:
        """The best points, by their numbers."""
        return tuple(point for point in self.points if point.front)


class BitSweep(Artifact):
    """The same network with all bits from few to many.

    Attributes:
        model, dataset, target: what was trained on what, and folded for what.
        epochs: epochs of each training.
        points: a point for each number of bits, which is its number.
    """

    FILE: ClassVar[str] = "sweep.json"

    model: str
    dataset: str
    target: str
    epochs: int
    points: tuple[Tried, ...]
