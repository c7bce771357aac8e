"""What k-fold and bootstrap validation find: how much figures depend on the images for training."""

from __future__ import annotations

from statistics import fmean, stdev
from typing import ClassVar, Literal

import numpy as np

from toolkit.core.artifact import Artifact, Record
from toolkit.core.quantities import Count

Scheme = Literal["folds", "bootstrap"]


class Round(Artifact):
    """One training and its score.

    Attributes:
        trained, scored: number of images.
        figures: figure -> value on the images that were scored; with ``views``, of averaged outputs as well.
    """

    FILE: ClassVar[str] = "round.json"

    trained: Count
    scored: Count
    figures: dict[str, float]


class FigureSpread(Record):
    """A figure over all rounds: mean, standard deviation of the rounds, and the range that they span.

    Attributes:
        low, high: smallest and largest value of folds; of a bootstrap the percentiles 2.5 and 97.5.
    """

    mean: float
    deviation: float
    low: float
    high: float


class Validation(Artifact):
    """The rounds of a validation.

    Attributes:
        model, dataset: names.
        scheme: what the rounds are.
        views: views of each image whose outputs are averaged; 1: none.
        rounds: one per training.
    """

    FILE: ClassVar[str] = "validation.json"

    model: str
    dataset: str
    scheme: Scheme
    views: Count
    rounds: tuple[Round, ...]

    @property
    def spreads(self) -> dict[str, FigureSpread]:
        """Each figure over all rounds that have it."""
        names = dict.fromkeys(name for one in self.rounds for name in one.figures)
        return {
            name: self._spread([one.figures[name] for one in self.rounds if name in one.figures])
            for name in names
        }

    def _spread(self, values: list[float]) -> FigureSpread:
        low, high = (0, 100) if self.scheme == "folds" else (2.5, 97.5)
        ends = np.percentile(values, [low, high])
        deviation = stdev(values) if len(values) > 1 else 0.0
        return FigureSpread(mean=fmean(values), deviation=deviation, low=float(ends[0]), high=float(ends[1]))
