"""What trying every place gives: figures per place and of the best sets, as JSON and in Python."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field

from toolkit.core.artifact import Arrays, Artifact, Record
from toolkit.data import Split
from toolkit.explore.places.candidates import HEADS, CandidatePlaces
from toolkit.explore.places.choose import NEVER, Chooser, ChosenExits
from toolkit.tasks.accuracy import Logits, combine

Share = Annotated[float, Field(ge=0, le=1)]


class PlaceLogits(Arrays):
    """Logits of the head at every place and of the last exit.

    Attributes:
        calibration, test: float32 [places + 1, N, classes].
    """

    FILE: ClassVar[str] = "places.npz"

    calibration: np.ndarray
    test: np.ndarray


class ExitSet(Record):
    """Some exits with thresholds that were chosen on the calibration split; figures are of the test split.

    Attributes:
        after: the layers behind which the exits sit.
        thresholds: top-1 probability from which a frame leaves; None: none does.
        exit_rates: share of the frames that leave at each exit, the last one last.
        accuracy: combined accuracy.
        mean_macs: mean multiply-accumulates per frame, heads of passed exits included.
        gain: multiply-accumulates without early exit over ``mean_macs``.
        code: call that attaches these exits; empty if a layer is no module of the user's network.
    """

    after: tuple[str, ...]
    thresholds: tuple[Share | None, ...]
    exit_rates: tuple[Share, ...]
    accuracy: Share
    mean_macs: float
    gain: float
    code: str

    @property
    def early_rate(self) -> float:
        """Share of the frames that leave before the last exit."""
        return sum(self.exit_rates[:-1])


class ExitPlace(ExitSet):
    """One place, as the only exit.

    Attributes:
        layer: name of the layer in the network's description.
        shape: shape of a frame there, (C, H, W) or (F,).
        macs: multiply-accumulates of a frame that leaves here.
        alone: accuracy if every frame left here.
    """

    layer: str
    shape: tuple[int, ...]
    macs: int
    alone: Share


class ExitPlaces(Artifact):
    """All places of a network, tried with a float head each on the frozen float backbone.

    Attributes:
        model, dataset: names.
        backbone: origin of the backbone's weights.
        head: kind of head; ``head_layers``: its layers in words.
        images: number of training images that the heads saw.
        max_loss: points of combined accuracy that may be lost to the last exit, on the calibration split.
        accuracy: accuracy of the last exit.
        static_macs: multiply-accumulates without early exit.
        places: from the one with the least mean cost on the calibration split to the one with the most.
        sets: the best sets of two and three exits, likewise.
        gain_is: what gains are.
    """

    FILE: ClassVar[str] = "places.json"

    model: str
    dataset: str
    backbone: str
    head: str
    head_layers: str
    images: int
    max_loss: float
    accuracy: Share
    static_macs: int
    places: tuple[ExitPlace, ...]
    sets: tuple[ExitSet, ...]
    gain_is: str = "estimated: in multiply-accumulates, float, without the time and size of hardware"

    @classmethod
    def of(
        cls,
        candidates: CandidatePlaces,
        logits: PlaceLogits,
        calibration: Split,
        test: Split,
        points: float,
        **about: Any,
    ) -> Self:
        """Choose thresholds and sets on the calibration split, and measure them on the test split."""
        chooser = Chooser([*logits.calibration], calibration.labels, candidates.costs, points)
        measure = _Measure(candidates, [*logits.test], test.labels)
        sets = [found for size in (2, 3) if (found := chooser.best_set(size)) is not None]
        return cls(
            dataset=about.pop("dataset"),
            model=candidates.backbone.name,
            head=candidates.kind,
            head_layers=HEADS[candidates.kind],
            max_loss=points,
            accuracy=measure.alone(len(candidates.after)),
            static_macs=candidates.static,
            places=tuple(measure.place(one) for one in chooser.ranked()),
            sets=tuple(ExitSet(**measure.chosen(one)) for one in sets),
            **about,
        )


class _Measure:
    """Figures on the test split."""

    def __init__(self, candidates: CandidatePlaces, logits: Logits, labels: npt.NDArray[np.int64]) -> None:
        self._candidates, self._logits, self._labels = candidates, logits, labels

    def alone(self, place: int) -> float:
        return float(np.mean(self._logits[place].argmax(axis=1) == self._labels))

    def chosen(self, choice: ChosenExits) -> dict[str, Any]:
        candidates, exits = self._candidates, choice.exits
        logits = [*(self._logits[place] for place in exits), self._logits[-1]]
        found = combine(logits, self._labels, choice.thresholds)
        mean = float(np.dot(found.exit_rates, candidates.costs(exits)))
        return {
            "after": tuple(map(candidates.shown, exits)),
            "thresholds": tuple(None if one == NEVER else one for one in choice.thresholds),
            "exit_rates": found.exit_rates,
            "accuracy": found.accuracy,
            "mean_macs": mean,
            "gain": candidates.static / mean,
            "code": candidates.code(exits),
        }

    def place(self, choice: ChosenExits) -> ExitPlace:
        (at,) = choice.exits
        return ExitPlace(
            **self.chosen(choice),
            layer=self._candidates.after[at],
            shape=self._candidates.shapes[at],
            macs=self._candidates.to_exit[at],
            alone=self.alone(at),
        )
