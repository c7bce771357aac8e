"""Exit criteria of the literature, in floating point: what the integer rules stand for.

* ``top1``: the largest softmax probability; a frame leaves at a score >= threshold (as in earlyexitnet).
* ``entropy``: of the softmax, in nats; a frame leaves at a score <= threshold (BranchyNet, Teerapittayanon
  et al. 2016, https://arxiv.org/abs/1709.01686).
* ``margin``: between the two best logits, in the logits' real units; a frame leaves at a score >= threshold.

Every criterion has a *safest* threshold, at which no frame leaves, and a *boldest*, at which all do. Between
them its thresholds are ordered by :meth:`Criterion.at_margin`, which makes thresholds of different criteria
comparable.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from scipy.special import entr, softmax

from toolkit.core.errors import BadOption, DataError, UnknownName

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

CONTRACT_BITS = 25
"""Logits are below 2**24 in magnitude by the numeric contract, so a signed 25-bit integer holds them."""


class Criterion(ABC):
    """A score per frame and the side of a threshold on which frames leave.

    Attributes:
        name: as in :data:`CRITERIA`.
        sign: of the comparison in words, ">=" or "<=".
    """

    name: ClassVar[str]
    sign: ClassVar[str] = ">="

    @classmethod
    @abstractmethod
    def score(cls, logits: npt.ArrayLike) -> Floats:
        """Score of each frame.

        Args:
            logits: real values [N, classes], at least two classes; integer logits times their scale.

        Returns:
            float64 [N].

        Raises:
            DataError: another shape, or a value that is not finite.
        """

    @classmethod
    @abstractmethod
    def highest(cls, classes: int) -> float:
        """The largest threshold that makes sense; the smallest is 0."""

    @classmethod
    @abstractmethod
    def at_margin(cls, margin: float, classes: int) -> float:
        """The score of a frame whose best logit leads all others by ``margin`` (real, >= 0)."""

    @classmethod
    @abstractmethod
    def safest(cls, scale: float) -> float:
        """A threshold at which no frame leaves (:mod:`toolkit.exits.rules`)."""

    @classmethod
    def leaves(cls, logits: npt.ArrayLike, threshold: float) -> Bools:
        """Which frames leave, bool [N]; a score at the threshold does.

        Raises:
            BadOption: a threshold out of range.
            DataError: as :meth:`score`.
        """
        scores = cls.score(logits)
        cls.check(threshold, np.shape(logits)[1])
        return scores >= threshold if cls.sign == ">=" else scores <= threshold

    @classmethod
    def check(cls, threshold: float, classes: int) -> None:
        """Refuse a threshold out of range.

        Raises:
            BadOption: not a finite number from 0 to :meth:`highest`, or fewer than two classes.
        """
        if classes < 2:
            raise BadOption("classes of an exit", expected="at least 2", found=classes)
        highest = cls.highest(classes)
        if not (0 <= threshold <= highest and math.isfinite(threshold)):
            upper = f"to {highest:.9g}" if math.isfinite(highest) else "upwards"
            raise BadOption(f"threshold of {cls.name}", expected=f"a number from 0 {upper}", found=threshold)


class Top1(Criterion):
    """The largest softmax probability."""

    name = "top1"

    @classmethod
    def score(cls, logits: npt.ArrayLike) -> Floats:
        return softmax(_real(logits), axis=1).max(axis=1)

    @classmethod
    def highest(cls, classes: int) -> float:
        return 1.0

    @classmethod
    def at_margin(cls, margin: float, classes: int) -> float:
        return 1 / (1 + (classes - 1) * math.exp(-margin))

    @classmethod
    def safest(cls, scale: float) -> float:
        return 1.0


class Entropy(Criterion):
    """Entropy of the softmax in nats."""

    name, sign = "entropy", "<="

    @classmethod
    def score(cls, logits: npt.ArrayLike) -> Floats:
        return entr(softmax(_real(logits), axis=1)).sum(axis=1)

    @classmethod
    def highest(cls, classes: int) -> float:
        return math.log(classes)

    @classmethod
    def at_margin(cls, margin: float, classes: int) -> float:
        if margin == 0:
            return math.log(classes)
        others = (classes - 1) * math.exp(-margin)
        return math.log1p(others) + margin * others / (1 + others)

    @classmethod
    def safest(cls, scale: float) -> float:
        return 0.0


class Margin(Criterion):
    """Best logit minus second best."""

    name = "margin"

    @classmethod
    def score(cls, logits: npt.ArrayLike) -> Floats:
        best = np.partition(_real(logits), -2, axis=1)
        return best[:, -1] - best[:, -2]

    @classmethod
    def highest(cls, classes: int) -> float:
        return math.inf

    @classmethod
    def at_margin(cls, margin: float, classes: int) -> float:
        return margin

    @classmethod
    def safest(cls, scale: float) -> float:
        return scale * 2.0**CONTRACT_BITS


CRITERIA: Mapping[str, type[Criterion]] = MappingProxyType(
    {criterion.name: criterion for criterion in (Top1, Entropy, Margin)}
)


def criterion_named(name: str) -> type[Criterion]:
    """The criterion called ``name``.

    Raises:
        UnknownName: there is none.
    """
    if name not in CRITERIA:
        raise UnknownName.among("criterion", name, CRITERIA)
    return CRITERIA[name]


def _real(logits: npt.ArrayLike) -> Floats:
    array = np.asarray(logits, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] < 2:
        raise DataError("logits", expected="shape [frames, classes], 2 classes or more", found=array.shape)
    if not np.isfinite(array).all():
        frame, index = np.argwhere(~np.isfinite(array))[0]
        raise DataError("logits", expected="finite numbers", found=f"{array[frame, index]} in frame {frame}")
    return array
