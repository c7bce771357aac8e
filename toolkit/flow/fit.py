"""Which boards a run's network fits, by the estimates that foldings are chosen with; no step of the flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from hw_models import NetworkSpec
from toolkit import boards
from toolkit.boards import Board
from toolkit.compile import segment_candidates
from toolkit.compile.folding.candidates import Unit
from toolkit.compile.folding.chip import demands_of, fold_chip
from toolkit.compile.folding.search import Choice, fastest
from toolkit.core.artifact import Record
from toolkit.core.errors import FoldingUnreachable
from toolkit.core.progress import Progress, silent
from toolkit.core.topology import Part
from toolkit.export import ExitGraphs, Graph
from toolkit.families import family
from toolkit.families.estimator import Estimator
from toolkit.families.resources import Resources
from toolkit.flow.rundir import RunDirectory
from toolkit.links import chip_side
from toolkit.links.answers import can_answer

Segments = Mapping[Part, Sequence[Unit]]


class Fit(Record):
    """A network on a board, estimated.

    Attributes:
        board, title: name of the board, and for users.
        target: whether Offramp builds bitstreams for it.
        cycles: cycles per frame of the fastest folding; None: no folding fits.
        takes: what that folding takes of each resource, and of how much, by the family's names.
        lacks: resources of which even the smallest folding needs more than there is.
        answers: whether the chip can answer for the network's task.
    """

    board: str
    title: str
    target: bool
    cycles: int | None
    takes: Mapping[str, tuple[int, int]]
    lacks: Mapping[str, tuple[int, int]]
    answers: bool = True

    @property
    def says(self) -> str:
        """The result in a line."""
        amounts = self.takes if self.cycles is not None else self.lacks
        shown = ", ".join(f"{taken:,} of {has:,} {name}" for name, (taken, has) in amounts.items())
        if self.cycles is not None:
            but = "" if self.answers else "; but its chip answers with one class"
            return f"{self.cycles:,} cycles per frame, {shown}{but}"
        return f"does not fit: at least {shown}" if shown else "does not fit: too much of several resources"


def fit_boards(run: Path, progress: Progress = silent) -> tuple[Fit, ...]:
    """Return what becomes of a run's network on each board, by its number of look-up tables.

    Args:
        run: run directory whose network is exported.
        progress: callback for the segments whose foldings are listed.

    Raises:
        ArtifactError: the run directory holds no run, or its export is missing or damaged.
    """
    directory = RunDirectory(run)
    exported = ExitGraphs.load(directory.result("export"))
    wanted = directory.options().network
    return fit_graphs(exported, None if wanted.qonnx is not None else wanted.spec(), progress)


def fit_graphs(
    exported: ExitGraphs, network: NetworkSpec | None, progress: Progress = silent
) -> tuple[Fit, ...]:
    """Return what becomes of an exported network on each board, by its number of look-up tables.

    Args:
        exported: graphs of the network.
        network: the network; None: a file, which answers with classes.
        progress: callback for the segments whose foldings are listed.
    """
    kept = (exported.image_bits, exported.map_bits)
    known: dict[Estimator, Segments] = {}
    every = sorted((boards.board(name) for name in boards.names()), key=lambda one: one.resources.lut)
    for one in every:
        if one.estimator not in known:
            known[one.estimator] = _segments(exported.segments, one, progress)
    found = tuple(fit(one, known[one.estimator], *kept) for one in every)
    mute = {one.name for one in every if network is not None and not can_answer(one, network)}
    return tuple(one.model_copy(update={"answers": one.board not in mute}) for one in found)


def smallest(fits: Sequence[Fit]) -> Fit | None:
    """Return the board with the fewest look-up tables that is for the network; None: none is."""
    return next((one for one in fits if one.cycles is not None and one.answers), None)


def fit(on: Board, segments: Segments, image_bits: int = 0, map_bits: Sequence[int] = ()) -> Fit:
    """Return what becomes of a network on one board.

    Args:
        on: board.
        segments: candidates of the network's segments.
        image_bits, map_bits: bits of an image, and of each feature map between two stages.
    """
    takes = Resources()
    if on.is_target:
        takes = chip_side(on).with_buffers(image_bits, map_bits)
    whole, least = on.resources.budget, _least(segments).plus(takes)
    choice = _choice(on, segments, takes)
    return Fit(
        board=on.name,
        title=on.title,
        target=on.is_target,
        cycles=None if choice is None else round(choice.interval),
        takes={} if choice is None else _named(on, choice.resources.plus(takes), whole),
        lacks={} if choice is not None else _named(on, least, whole, above=True),
    )


def _choice(on: Board, segments: Segments, takes: Resources) -> Choice | None:
    try:
        if on.is_target:
            return fold_chip(segments, on, takes)
        return fastest(demands_of(segments), on.resources.budget.minus(takes))
    except FoldingUnreachable:
        return None


def _segments(graphs: Mapping[Part, Graph], on: Board, progress: Progress) -> Segments:
    found: dict[Part, tuple[Unit, ...]] = {}
    for part, graph in graphs.items():
        progress(f"foldings on {on.part}", len(found), len(graphs))
        found[part] = segment_candidates(graph, on)
    return found


def _least(segments: Segments) -> Resources:
    """Return the least of each resource, each by itself."""
    total = Resources()
    for unit in (unit for units in segments.values() for unit in units):
        every = [candidate.resources for candidate in unit.candidates]
        total = total.plus(Resources(*(min(amounts) for amounts in zip(*every, strict=True))))
    return total


def _named(on: Board, taken: Resources, has: Resources, *, above: bool = False) -> dict[str, tuple[int, int]]:
    names = family(on.family).names
    shown = zip((names.lut.short, names.bram.short, names.dsp.short), taken, has, strict=True)
    return {name: (mine, there) for name, mine, there in shown if mine > there or not above}
