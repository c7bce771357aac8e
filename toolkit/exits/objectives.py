"""Objectives of calibration: a loss of accuracy, an exit rate, or a budget of time or energy."""

from __future__ import annotations

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from toolkit.core.errors import BadOption, GoalUnreachable
from toolkit.exits.criteria import Bools, Floats
from toolkit.exits.curve import Curve
from toolkit.exits.rules import Ints


@dataclass(frozen=True)
class Objective(ABC):
    """A rule that chooses one point of a trade-off curve."""

    name: ClassVar[str]

    def choose(self, curve: Curve, allowed: int) -> int:
        """Return the index of the chosen threshold.

        Args:
            curve: curve on calibration data.
            allowed: number of thresholds, counted from the safest, to choose among; at least 1.

        Raises:
            GoalUnreachable: none of them meets the objective.
        """
        points = np.flatnonzero(self.served(curve)[:allowed])
        if len(points):
            return int(self.best(curve, points))
        where, fix = "", "Ask for less."
        if allowed < len(curve.thresholds):
            where = " under the guarantee"
            fix = "Ask for less or for a weaker guarantee, or calibrate with more frames."
        raise GoalUnreachable(
            f"no threshold of {curve.criterion} serves the objective{where}",
            expected=self.words(),
            found=f"{self.reached(curve, allowed)} at best",
            fix=fix,
        )

    @abstractmethod
    def served(self, curve: Curve) -> Bools:
        """Return which thresholds meet the objective, bool [T]."""

    @abstractmethod
    def best(self, curve: Curve, points: Ints) -> int:
        """Return the preferred one of ``points``, which are in order and all meet the objective."""

    @abstractmethod
    def reached(self, curve: Curve, allowed: int) -> str:
        """Return the value nearest to the objective among the first ``allowed`` thresholds, in words."""

    @abstractmethod
    def words(self) -> str:
        """Return the objective in words, to follow "chosen for"."""

    def to_json(self) -> dict[str, Any]:
        """Return name and settings, JSON types."""
        return {"name": self.name, **json.loads(json.dumps(asdict(self)))}


@dataclass(frozen=True)
class MaxLoss(Objective):
    """The boldest threshold that loses at most ``points`` percentage points of accuracy to the last exit.

    There always is one: the safest, at which no frame leaves early, loses nothing.

    Raises:
        BadOption: not a number from 0 to 100.
    """

    name = "max_loss"
    points: float

    def __post_init__(self) -> None:
        _between("largest loss of accuracy in points", self.points, 100)

    def served(self, curve: Curve) -> Bools:
        lost = curve.correct_alone[-1] - curve.correct
        return lost <= math.floor(_written(self.points) * curve.frames / 100)

    def best(self, curve: Curve, points: Ints) -> int:
        return points[-1]

    def reached(self, curve: Curve, allowed: int) -> str:
        return f"{curve.losses[:allowed].min() * 100:.4g} points"

    def words(self) -> str:
        return f"a loss of at most {self.points:g} points of accuracy against the last exit"


@dataclass(frozen=True)
class ExitRate(Objective):
    """The safest threshold at which a share of at least ``rate`` of all frames leaves before the last exit.

    Raises:
        BadOption: not a number from 0 to 1.
    """

    name = "exit_rate"
    rate: float

    def __post_init__(self) -> None:
        _between("exit rate", self.rate, 1)

    def served(self, curve: Curve) -> Bools:
        early = curve.frames - curve.left[:, -1]
        return early >= math.ceil(_written(self.rate) * curve.frames)

    def best(self, curve: Curve, points: Ints) -> int:
        return points[0]

    def reached(self, curve: Curve, allowed: int) -> str:
        return f"{curve.early_rates[:allowed].max():.6g}"

    def words(self) -> str:
        return f"an exit rate of at least {self.rate:g} before the last exit"


@dataclass(frozen=True)
class Budget(Objective):
    """The most accurate threshold (of equals the safest) with a mean cost per frame of at most ``limit``.

    Attributes:
        costs: cost of a frame that leaves at each exit, including all earlier exits; one per exit.
        limit: largest mean cost over all frames.
        unit: unit of both, "cycles" or "uJ".

    Raises:
        BadOption: a cost or limit that is negative or not finite.
    """

    name = "budget"
    costs: tuple[float, ...]
    limit: float
    unit: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "costs", tuple(float(cost) for cost in self.costs))
        for cost in (*self.costs, self.limit):
            _between("budget", cost, math.inf)

    def served(self, curve: Curve) -> Bools:
        return self._means(curve) <= self.limit

    def best(self, curve: Curve, points: Ints) -> int:
        return points[np.argmax(curve.correct[points])]

    def reached(self, curve: Curve, allowed: int) -> str:
        return f"{self._means(curve)[:allowed].min():.6g} {self.unit}"

    def words(self) -> str:
        return f"a mean cost of at most {self.limit:g} {self.unit} per frame"

    def _means(self, curve: Curve) -> Floats:
        return np.asarray(curve.left @ np.array(self.costs) / curve.frames, dtype=np.float64)


def objective_of(
    exit_rate: float,
    *,
    max_loss: float | None = None,
    max_latency: float | None = None,
    max_energy: float | None = None,
    latencies: Callable[[], Sequence[float]],
    energies: Callable[[], Sequence[float]],
) -> Objective:
    """Return the objective for the first limit that is given, else for the exit rate.

    Args:
        exit_rate: share of frames that leave early, used without a limit.
        max_loss: largest loss of accuracy in percentage points.
        max_latency: largest mean latency in cycles per frame.
        max_energy: largest mean energy per frame in µJ.
        latencies, energies: functions that return the cost of a frame that leaves at each exit, in the
            limits' units; called only if the limit applies, since they may need simulation results.
    """
    if max_loss is not None:
        return MaxLoss(max_loss)
    if max_latency is not None:
        return Budget(tuple(latencies()), max_latency, "cycles")
    if max_energy is not None:
        return Budget(tuple(energies()), max_energy, "uJ")
    return ExitRate(exit_rate)


def _written(value: float) -> Fraction:
    """Return the decimal number that was written: 0.3 is 3/10, so that shares of frames compare exactly."""
    return Fraction(str(float(value)))


def _between(what: str, value: float, high: float) -> None:
    if not (0 <= value <= high and math.isfinite(value)):
        upper = f"to {high:g}" if math.isfinite(high) else "upwards"
        raise BadOption(what, expected=f"a finite number from 0 {upper}", found=value)
