"""Searches bit widths and exits for a board: from options to data, weights, pieces and a folder of points."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from toolkit.explore.search.exits import ExitSpace
    from toolkit.flow.options import Options

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
MOST_EARLY = 8
"""Early exits of a point, at most."""
LEAST_EXITS = Option(
    "Fewest early exits to try, with --exits.",
    name="least_exits",
    kind=int,
    low=0,
    high=MOST_EARLY,
    default=1,
)
MOST_EXITS = Option(
    "Most early exits to try, with --exits.",
    name="most_exits",
    kind=int,
    low=1,
    high=MOST_EARLY,
    shown="2, or as many as there are places",
)
HEAD = Option(
    "Head to try at a place, with --exits: pool, linear or conv. May be given several times.",
    name="head",
    kind=str,
    shown="pool",
)
STUDY = Step(
    "explore",
    "Search bits, exits, thresholds and folding for a board: accuracy against energy, speed or size",
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
    exits: bool = False,
    least_exits: int | None = None,
    most_exits: int | None = None,
    head: Sequence[str] = (),
    thresholds: bool = False,
    foldings: bool = False,
    out: str | Path | None = None,
    progress: bool | Reporter = False,
    **options: Any,
) -> Exploration:
    """Search bit widths of a network for a board; every point is trained, calibrated and folded.

    Half of each round's points are trained on, a half of those to the end. Trainings start from the weights
    nearest in bits, of the same exits if there are any. The same call gives the same points, on any number of
    workers; what has been trained is kept, so that a call that was killed goes on.

    Args:
        model: as for :func:`toolkit.build`.
        objective: at least two of :data:`toolkit.explore.search.OBJECTIVES`.
        limit: bounds, ``energy=20``, that the best points must keep.
        points: points to try.
        at_once: points of a round.
        least_bits, most_bits: widths to try, of weights and of activations.
        mixed: whether each layer has widths of its own.
        exits: whether to search the places of early exits, too. If not, the three below stay away.
        least_exits, most_exits: numbers of early exits to try; None: 1, and 2 or as many as there are places.
        head: heads to try, of :data:`toolkit.explore.places.candidates.HEADS`; empty: ``pool``.
        thresholds: whether to search the share of the frames that leave at each early exit, too.
        foldings: whether to search designs with fewer look-up tables, too, down to a sixteenth.
        out: folder of the result: ``exploration.json``, ``pareto.png`` and a folder per trained point, by its
            number; None: ``runs/MODEL-DATASET-exploration``.
        progress: whether to show what happens on standard error, or a receiver of it.
        options: options of data, weights, bits, training, target and cluster, by their names on the
            command line.

    Raises:
        UnknownName, BadOption: a name does not exist, or a value is out of range; the network has no place
            for an exit, or too few.
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
    early = _EarlyExits.of(exits, least_exits, most_exits, tuple(head))
    name, own = named(model)
    _, chosen = resolve(name, None, options, own=own)
    places = None if early is None else early.space(chosen)
    if thresholds and places is None and chosen.network.spec().exits < 2:
        raise BadOption("--thresholds", expected="a network with early exits", found=chosen.network.model)
    folder = folder_of(chosen, None if out is None else given_path(out), Exploration)
    with told(STUDY, progress, f"{points} points") as progressing:
        reporter = progressing.reporter
        made_of = Points(chosen, reporter.progress)
        wanted = _Wanted(
            aims, limits, points, at_once, (least_bits, most_bits), mixed, places, thresholds, foldings
        )
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
class _EarlyExits:
    """What is asked of early exits: their number, and kinds of heads."""

    least: int
    most: int | None
    heads: tuple[str, ...]

    @classmethod
    def of(
        cls, wanted: bool, least_exits: int | None, most_exits: int | None, heads: tuple[str, ...]
    ) -> _EarlyExits | None:
        """Return it; None if exits are not searched."""
        given = {LEAST_EXITS.flag: least_exits, MOST_EXITS.flag: most_exits, HEAD.flag: heads or None}
        if not wanted:
            if named := [flag for flag, value in given.items() if value is not None]:
                raise BadOption(named[0], expected="--exits beside it", found="none")
            return None
        LEAST_EXITS.check(least_exits)
        MOST_EXITS.check(most_exits)
        least = LEAST_EXITS.default if least_exits is None else least_exits
        if most_exits is not None and least > most_exits:
            raise BadOption("--least-exits", expected=f"at most --most-exits, {most_exits}", found=least)
        return cls(least, most_exits, heads or ("pool",))

    def space(self, options: Options) -> ExitSpace:
        """Return the exits that may be tried; raises UnknownName, BadOption."""
        from toolkit.explore.search.exits import ExitSpace

        if (weights := options.training.changes.get("exit_weights")) is not None:
            expected = "none with --exits: early exits come and go, and each counts as much as the last"
            raise BadOption("--exit-weights", expected=expected, found=weights)
        own = options.network.own
        modules = None if own is None else own.modules
        return ExitSpace.of(options.network.spec(), self.heads, self.least, self.most, modules)


@dataclass(frozen=True)
class _Wanted:
    """What is searched for."""

    objectives: tuple[Aim, ...]
    limits: tuple[Limit, ...]
    points: int
    at_once: int
    bits: tuple[int, int]
    mixed: bool
    exits: ExitSpace | None
    thresholds: bool
    foldings: bool


def _searched(
    points: Points, wanted: _Wanted, given: bytes | None, say: Callable[[str], None]
) -> tuple[Exploration, Mapping[int, Path]]:
    """Search; returns the result and the folder of each point with a checkpoint, by its number."""
    from toolkit.cost import requested_clock
    from toolkit.explore.search.space import Space
    from toolkit.explore.search.study import Search, SearchPlan

    quant, seed = points.options.quant.config(), points.options.data.seed
    plan = SearchPlan(wanted.objectives, wanted.limits, wanted.points, wanted.at_once, points.epochs, seed)
    space = Space(
        points.spec,
        quant,
        *wanted.bits,
        wanted.mixed,
        wanted.exits,
        exit_rate=points.exit_rate if wanted.thresholds else None,
        luts=points.options.folding.luts if wanted.foldings else None,
    )
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
