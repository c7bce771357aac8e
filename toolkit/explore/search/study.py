"""The search: Optuna asks for points, successive halving decides which are trained on."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import optuna

from hw_models import NetworkSpec, QuantConfig
from toolkit.core.errors import DoesNotFit, GoalUnreachable, OfframpError
from toolkit.explore.search.objectives import Aim, Limit, ranks
from toolkit.explore.search.result import Evaluation, Figures, Tried
from toolkit.explore.search.space import Space, Variant
from toolkit.train.checkpoint import Checkpoint

KEPT = 2
"""One of so many points is trained on at each rung of successive halving."""
RUNGS = 3


@dataclass(frozen=True)
class Start:
    """Weights that a training can start from.

    Attributes:
        what: description.
        file: the file.
        network: their network.
        quant: their bit widths; None: float.
    """

    what: str
    file: Path
    network: NetworkSpec
    quant: QuantConfig | None

    def told(self, network: NetworkSpec) -> str:
        """Return what a network is trained from that starts here, whose exits may be others."""
        if network == self.network:
            return self.what
        return f"the backbone of {self.what}" + (", with new heads" if network.exits > 1 else "")


@dataclass(frozen=True)
class Training:
    """A training to be made: what is trained, epochs, and the weights that it starts from."""

    variant: Variant
    epochs: int
    start: Start


class Made(NamedTuple):
    """A point that was made: the folder of its checkpoint, if it has one, and what is found of it."""

    folder: Path
    found: Evaluation


Train = Callable[[Sequence[Training]], Sequence[Made]]
"""Makes the points of some trainings."""


@dataclass(frozen=True)
class SearchPlan:
    """How a search goes.

    Attributes:
        objectives: at least two; the first breaks ties.
        limits: bounds that the best points must keep.
        points: points that are asked for.
        at_once: points of a round; those of later rounds are chosen in its light.
        epochs: epochs of points that are trained to the end.
        seed: seed of the choice.
    """

    objectives: tuple[Aim, ...]
    limits: tuple[Limit, ...]
    points: int
    at_once: int
    epochs: int
    seed: int

    @property
    def rungs(self) -> tuple[int, ...]:
        """Epochs that are added at each rung: 8 epochs are 2, 2 more and 4 more."""
        ends = sorted({self.epochs // KEPT**power for power in range(RUNGS)} - {0}) or [0]
        return tuple(end - before for before, end in zip([0, *ends], ends, strict=False))


@dataclass
class _Point:
    """A point while it is searched for."""

    number: int
    variant: Variant
    start: Start
    epochs: int = 0
    folder: Path | None = None
    found: Evaluation = field(default_factory=Evaluation)

    @property
    def figures(self) -> Figures | None:
        return self.found.figures


class Search:
    """A search; :meth:`run` returns its points.

    Args:
        plan: how it goes.
        space: what may be tried.
        starts: weights to begin with, at least one.
        train: makes points.
        say: receiver of a line per round.
    """

    def __init__(
        self,
        plan: SearchPlan,
        space: Space,
        starts: Sequence[Start],
        train: Train,
        say: Callable[[str], None],
    ) -> None:
        self._plan, self._space, self._train, self._say = plan, space, train, say
        self._starts = list(starts)
        self._begun: dict[Variant, Start] = {}
        self._points: dict[Variant, _Point] = {}

    def run(self) -> tuple[tuple[Tried, ...], Mapping[int, Path]]:
        """Search; returns the points, and the folder of each that has a checkpoint, by number.

        The same plan, space and starts give the same points, whatever is trained where.

        Raises:
            DoesNotFit: no point can be built.
            GoalUnreachable: no point keeps all limits; says which is broken.
        """
        study, left = self._study(), self._plan.points
        while left:
            trials = [study.ask() for _ in range(min(left, self._plan.at_once))]
            left -= len(trials)
            variants = [self._space.draw(trial) for trial in trials]
            new: dict[Variant, _Point] = {}
            for trial, variant in zip(trials, variants, strict=True):
                if variant not in self._points and variant not in new:
                    new[variant] = _Point(trial.number, variant, self._begin(variant))
            self._halve(list(new.values()))
            self._points |= new
            for trial, variant in zip(trials, variants, strict=True):
                self._tell(study, trial, self._points[variant])
        return self._result()

    def _begin(self, variant: Variant) -> Start:
        """Return the weights to begin with; what was trained already begins as it did, and is there."""
        if variant.trained not in self._begun:
            self._begun[variant.trained] = nearest(self._space, self._starts, variant)
        return self._begun[variant.trained]

    def _study(self) -> optuna.Study:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            sampler = optuna.samplers.TPESampler(
                seed=self._plan.seed, n_startup_trials=2 * self._plan.at_once
            )
        study = optuna.create_study(directions=["minimize"] * len(self._plan.objectives), sampler=sampler)
        study.enqueue_trial(self._space.first())
        return study

    def _tell(self, study: optuna.Study, trial: optuna.Trial, point: _Point) -> None:
        if point.figures is None:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
            return
        for limit in self._plan.limits:
            trial.set_constraint(limit.words, limit.excess(point.figures))
        study.tell(trial, [one.loss(point.figures) for one in self._plan.objectives])

    def _halve(self, points: Sequence[_Point]) -> None:
        """Train new points: all of them a little, the better half on, and so on."""
        alive = list(points)
        for rung, epochs in enumerate(self._plan.rungs):
            if rung:
                alive = self._better(alive)
            wanted = [
                Training(one.variant, epochs, one.start if one.folder is None else _start_of(one))
                for one in alive
            ]
            for one, made in zip(alive, self._train(wanted), strict=True):
                one.found, one.epochs = made.found, one.epochs + epochs
                one.folder = None if one.figures is None else made.folder
            alive = [one for one in alive if one.figures is not None]
        self._starts += [_start_of(one) for one in points if one.folder is not None]
        self._told(points)

    def _better(self, points: Sequence[_Point]) -> list[_Point]:
        """Return the better half, in order of their numbers."""
        losses = [self._losses(one) for one in points]
        order = sorted(zip(ranks(losses).tolist(), losses, range(len(points)), strict=True))
        kept = order[: -(-len(points) // KEPT)]
        return [points[index] for *_, index in sorted(kept, key=lambda one: one[2])]

    def _losses(self, point: _Point) -> tuple[float, ...]:
        """Return what the objectives make of a point, behind by how much it breaks limits."""
        assert point.figures is not None
        over = [limit.excess(point.figures) / (abs(limit.bound) or 1) for limit in self._plan.limits]
        excess = sum(max(0.0, one) for one in over)
        return tuple(one.loss(point.figures) + 1e9 * excess for one in self._plan.objectives)

    def _told(self, points: Sequence[_Point]) -> None:
        numbers = [one.number for one in points]
        if numbers:
            first = self._plan.objectives[0]
            values = [first.value(one.figures) for one in points if one.figures is not None]
            best = (max if first.largest else min)(values, default=None)
            said = "none can be built" if best is None else f"best {first.name} {first.text(best)}"
            self._say(f"points {numbers[0]} to {numbers[-1]} of {self._plan.points}: {said}")

    def _result(self) -> tuple[tuple[Tried, ...], Mapping[int, Path]]:
        points = sorted(self._points.values(), key=lambda one: one.number)
        rows = [self._row(one) for one in points]
        whole = [
            (row, row.figures)
            for row in rows
            if row.figures is not None and row.epochs == self._plan.epochs and not row.breaks
        ]
        if not whole:
            raise infeasible(self._plan, rows)
        losses = [[one.loss(figures) for one in self._plan.objectives] for _, figures in whole]
        best = {row.number for (row, _), rank in zip(whole, ranks(losses), strict=True) if rank == 0}
        rows = [row.model_copy(update={"front": row.number in best}) for row in rows]
        return tuple(rows), {one.number: one.folder for one in points if one.folder is not None}

    def _row(self, point: _Point) -> Tried:
        figures, variant = point.figures, point.variant
        broken = (
            ()
            if figures is None
            else tuple(limit.words for limit in self._plan.limits if limit.excess(figures) > 0)
        )
        return Tried(
            number=point.number,
            quant=variant.quant.to_json(),
            key=variant.quant.key(),
            epochs=point.epochs,
            start=point.start.told(variant.network),
            figures=figures,
            refused=point.found.refused,
            breaks=broken,
            exits=variant.exits,
            exit_rate=variant.exit_rate,
            luts=None if variant.luts is None else point.found.luts or variant.luts,
        )


def nearest(space: Space, starts: Sequence[Start], variant: Variant) -> Start:
    """Return the weights nearest in bits; of equals the first. Float ones are for want of others.

    Weights of the same exits go before all others.
    """

    def distance(start: Start) -> tuple[bool, float]:
        bits = float("inf")
        if start.quant is not None:
            bits = space.distance(variant, Variant(start.network, start.quant))
        return start.network != variant.network, bits

    return min(starts, key=distance)


def _start_of(point: _Point) -> Start:
    assert point.folder is not None
    of, file = point.variant, point.folder / Checkpoint.FILE
    return Start(f"point {point.number}", file, of.network, of.quant)


def infeasible(plan: SearchPlan, rows: Sequence[Tried]) -> OfframpError:
    """Return the error of a search without a point that can be taken; says which limit is in the way."""
    built = [(row, row.figures) for row in rows if row.figures is not None]
    built = [one for one in built if one[0].epochs == plan.epochs] or built
    if not built:
        return DoesNotFit(
            f"a search of {len(rows)} points", expected="one that can be built", found=rows[0].refused
        )
    broken = [limit for limit in plan.limits if all(limit.words in row.breaks for row, _ in built)]
    if broken:
        limit = broken[0]
        row, nearest = min(built, key=lambda one: limit.excess(one[1]))
        value = limit.objective.value(nearest)
        found = f"{limit.objective.text(value)} at best, of point {row.number}"
    else:
        limit = None
        row, _ = min(built, key=lambda one: len(one[0].breaks))
        found = f"point {row.number} breaks: {', '.join(row.breaks)}"
    return GoalUnreachable(
        f"a search of {len(rows)} points",
        expected=limit.words if limit else " and ".join(one.words for one in plan.limits),
        found=found,
        fix="Loosen the limit, search more points or epochs, or name a larger board.",
    )
