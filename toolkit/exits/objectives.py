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
from toolkit.exits.criteria import Floats
from toolkit.exits.curve import Curve
from toolkit.exits.outcomes import Outcomes
from toolkit.exits.rules import Ints

Numbers = Ints | Floats


Value = tuple[float, ...]
"""How well a policy serves an objective: the smaller the better, by the first number that differs."""


@dataclass(frozen=True)
class Objective(ABC):
    """A rule that says which of several policies is the best.

    Attributes:
        boldest: whether the last of policies that are equally good is taken, else the first; they are in
            order, safest first.
    """

    name: ClassVar[str]
    boldest: ClassVar[bool] = False

    def choose(self, curve: Curve, allowed: int) -> int:
        """Return the index of the chosen policy of a curve.

        Args:
            curve: curve on calibration data.
            allowed: number of policies, counted from the safest, to choose among; at least 1.

        Raises:
            GoalUnreachable: none of them meets the objective.
        """
        found = curve.outcomes.first(allowed)
        point, _ = self.best(found)
        if self.shortfall(found)[point] <= 0:
            return point
        where, fix = "", "Ask for less."
        if allowed < len(curve.thresholds):
            where = " under the guarantee"
            fix = "Ask for less or for a weaker guarantee, or calibrate with more frames."
        raise GoalUnreachable(
            f"no threshold of {curve.criterion} serves the objective{where}",
            expected=self.words(),
            found=f"{self.reached(found, point)} at best",
            fix=fix,
        )

    def best(self, found: Outcomes, most_harmed: int | None = None) -> tuple[int, Value]:
        """Return the index of the best policy, and its value; if none meets the objective, of the nearest.

        Args:
            found: outcomes of policies, safest first.
            most_harmed: number of harmed frames up to which a policy is preferred to all that harm more.
        """
        keys = [self.shortfall(found), *self.preference(found)]
        if most_harmed is not None:
            keys.insert(0, np.maximum(found.harmed - most_harmed, 0))
        points = np.arange(len(found.correct))
        for key in keys:
            values = key[points]
            points = points[values == values.min()]
        point = int(points[-1 if self.boldest else 0])
        return point, tuple(float(key[point]) for key in keys)

    @abstractmethod
    def shortfall(self, found: Outcomes) -> Numbers:
        """Return how far each policy is from meeting the objective, [P]; 0 if it meets it."""

    @abstractmethod
    def preference(self, found: Outcomes) -> tuple[Numbers, ...]:
        """Return what is preferred among policies that meet it, [P] each: the smaller, the first most."""

    @abstractmethod
    def reached(self, found: Outcomes, point: int) -> str:
        """Return the value of a policy, in words."""

    @abstractmethod
    def words(self) -> str:
        """Return the objective in words, to follow "chosen for"."""

    def to_json(self) -> dict[str, Any]:
        """Return name and settings, JSON types."""
        return {"name": self.name, **json.loads(json.dumps(asdict(self)))}


@dataclass(frozen=True)
class MaxLoss(Objective):
    """The cheapest policy that loses at most ``points`` percentage points of accuracy to the last exit.

    Of equally cheap ones it is the most accurate, of equals the boldest. There always is one: the safest, at
    which no frame leaves early, loses nothing.

    Raises:
        BadOption: not a number from 0 to 100.
    """

    name = "max_loss"
    boldest = True
    points: float

    def __post_init__(self) -> None:
        _between("largest loss of accuracy in points", self.points, 100)

    def shortfall(self, found: Outcomes) -> Numbers:
        return np.maximum(found.lost - math.floor(_written(self.points) * found.frames / 100), 0)

    def preference(self, found: Outcomes) -> tuple[Numbers, ...]:
        return found.mean_costs, found.lost

    def reached(self, found: Outcomes, point: int) -> str:
        return f"{found.lost[point] / found.frames * 100:.4g} points"

    def words(self) -> str:
        return f"a loss of at most {self.points:g} points of accuracy against the last exit"


@dataclass(frozen=True)
class ExitRate(Objective):
    """The policy at which a share of at least ``rate`` of all frames leaves early, and as few more as can be.

    Early is before the last exit. Of several it is the most accurate, of equally accurate ones the cheapest,
    of equals the safest.

    Raises:
        BadOption: not a number from 0 to 1.
    """

    name = "exit_rate"
    rate: float

    def __post_init__(self) -> None:
        _between("exit rate", self.rate, 1)

    def shortfall(self, found: Outcomes) -> Numbers:
        return np.maximum(math.ceil(_written(self.rate) * found.frames) - found.early, 0)

    def preference(self, found: Outcomes) -> tuple[Numbers, ...]:
        return found.early, found.lost, found.mean_costs

    def reached(self, found: Outcomes, point: int) -> str:
        return f"{found.early[point] / found.frames:.6g}"

    def words(self) -> str:
        return f"an exit rate of at least {self.rate:g} before the last exit"


@dataclass(frozen=True)
class Budget(Objective):
    """The most accurate policy with a mean cost per frame of at most ``limit``.

    Of equally accurate ones it is that at which fewest frames leave early, of these the cheapest.

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

    def shortfall(self, found: Outcomes) -> Numbers:
        return np.maximum(self._means(found) - self.limit, 0)

    def preference(self, found: Outcomes) -> tuple[Numbers, ...]:
        return found.lost, found.early, self._means(found)

    def reached(self, found: Outcomes, point: int) -> str:
        return f"{self._means(found)[point]:.6g} {self.unit}"

    def words(self) -> str:
        return f"a mean cost of at most {self.limit:g} {self.unit} per frame"

    def _means(self, found: Outcomes) -> Floats:
        return found._replace(costs=np.array(self.costs)).mean_costs


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
