"""Searches bit widths for a board: from options to data, weights, pieces and a folder of points."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.core.declaration import Option
from toolkit.core.errors import BadOption
from toolkit.explore.search import Aim, Exploration, Limit
from toolkit.explore.search.objectives import OBJECTIVES, objective_named
from toolkit.flow.own import named
from toolkit.flow.points import (
    LEAST_BITS,
    MOST_BITS,
    OPTIONS,
    Points,
    folder_of,
    write_points,
)
from toolkit.flow.resolve import given_path, resolve
from toolkit.flow.step import Reporter, Step
from toolkit.flow.study import told

OBJECTIVE = Option(
    f"Figure to search for, at least two: {', '.join(OBJECTIVES)}. The first breaks ties.",
    name="objective",
    kind=str,
    among=tuple(OBJECTIVES),
    shown="accuracy and energy",
)
LIMIT = Option(
    "Bound that the best points keep, NAME=NUMBER: at least so much accuracy (0 to 1) or throughput "
    "(frames/s), at most so much energy (uJ), latency (us), lut, bram or dsp. May be given several times.",
    name="limit",
    kind=str,
    shown="the board's resources",
)
POINTS = Option("Points to try.", name="points", kind=int, low=1, high=10**6, default=16)
AT_ONCE = Option(
    "Points of a round: those of later rounds are chosen in its light.",
    name="at_once",
    kind=int,
    low=1,
    high=10**4,
    default=8,
)
STUDY = Step(
    "explore",
    "Search bit widths for a board: accuracy against energy, speed or size",
    lambda _: {},
    options=OPTIONS,
)
"""Declared like a step, for its options and its progress; it is none of the flow."""


def explore_designs(
    model: object = None,
    *,
    objective: Sequence[str] = ("accuracy", "energy"),
    limit: Sequence[str] = (),
    points: int = POINTS.default,
    at_once: int = AT_ONCE.default,
    least_bits: int = LEAST_BITS.default,
    most_bits: int = MOST_BITS.default,
    mixed: bool = False,
    out: str | Path | None = None,
    progress: bool | Reporter = False,
    **options: Any,
) -> Exploration:
    """Search bit widths of a network for a board; every point is trained, calibrated and folded.

    Half of each round's points are trained on, a half of those to the end. Trainings start from the weights
    nearest in bits. The same call gives the same points, on any number of workers; what has been trained is
    kept, so that a call that was killed goes on.

    Args:
        model: as for :func:`toolkit.build`.
        objective: at least two of :data:`toolkit.explore.search.OBJECTIVES`.
        limit: bounds, ``energy=20``, that the best points must keep.
        points: points to try.
        at_once: points of a round.
        least_bits, most_bits: widths to try, of weights and of activations.
        mixed: whether each layer has widths of its own.
        out: folder of the result: ``exploration.json``, ``pareto.png`` and a folder per trained point, by its
            number; None: ``runs/MODEL-DATASET-exploration``.
        progress: whether to show what happens on standard error, or a receiver of it.
        options: options of data, weights, bits, training, target and cluster, by their names on the
            command line.

    Raises:
        UnknownName, BadOption: a name does not exist, or a value is out of range.
        DoesNotFit: no point can be built for the board.
        GoalUnreachable: no point keeps all limits; says which is in the way.
        HostFailed, UnsupportedVersion: of the cluster.
        OfframpError: the data or the weights cannot be read, or do not fit.
    """
    for one, value in (
        *((POINTS, points), (AT_ONCE, at_once)),
        *((LEAST_BITS, least_bits), (MOST_BITS, most_bits)),
    ):
        one.check(value)
    from toolkit.report.exploration import write_pareto

    aims, limits = tuple(map(objective_named, dict.fromkeys(objective))), tuple(map(Limit.of, limit))
    if len(aims) < 2:
        raise BadOption("--objective", expected="at least two", found=", ".join(objective) or "none")
    if least_bits > most_bits:
        raise BadOption("--least-bits", expected=f"at most --most-bits, {most_bits}", found=least_bits)
    name, own = named(model)
    _, chosen = resolve(name, None, options, own=own)
    folder = folder_of(chosen, None if out is None else given_path(out), Exploration)
    with told(STUDY, progress, f"{points} points") as progressing:
        reporter = progressing.reporter
        made_of = Points(chosen, reporter.progress)
        wanted = _Wanted(aims, limits, points, at_once, (least_bits, most_bits), mixed)
        weights = None if own is None else own.weights
        found, made = _searched(made_of, wanted, weights, reporter.line)
        before = Exploration.find(folder)
        whole = [point for point in found.points if point.epochs == found.epochs]
        write_points(folder, before.points if before else (), whole, made, made_of.options)
        write_pareto(folder, found)
        found.save(folder)
        progressing.message = f"{len(found.front)} best of {len(found.points)} points, in {folder}"
    return found


@dataclass(frozen=True)
class _Wanted:
    """What is searched for."""

    objectives: tuple[Aim, ...]
    limits: tuple[Limit, ...]
    points: int
    at_once: int
    bits: tuple[int, int]
    mixed: bool


def _searched(
    points: Points, wanted: _Wanted, given: bytes | None, say: Callable[[str], None]
) -> tuple[Exploration, Mapping[int, Path]]:
    """Search; returns the result and the folder of each point with a checkpoint, by its number."""
    from toolkit.cost import requested_clock
    from toolkit.explore.search.space import Space
    from toolkit.explore.search.study import Search, SearchPlan

    quant, seed = points.options.quant.config(), points.options.data.seed
    plan = SearchPlan(wanted.objectives, wanted.limits, wanted.points, wanted.at_once, points.epochs, seed)
    space = Space(points.spec, quant, *wanted.bits, wanted.mixed)
    rows, folders = Search(plan, space, points.starts(given), points.train, say).run()
    found = Exploration(
        model=points.spec.name,
        dataset=points.data.name,
        target=points.board.name,
        objectives=tuple(one.name for one in wanted.objectives),
        limits=tuple(one.words for one in wanted.limits),
        epochs=points.epochs,
        asked=wanted.points,
        clock=requested_clock(points.board, None).source,
        points=rows,
    )
    return found, folders
