"""Folds a network whose stages share one chip with the link."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping, Sequence

from toolkit.boards import Board
from toolkit.compile.folding.candidates import Unit
from toolkit.compile.folding.search import ENDLESS, Choice, Demand, cheapest, fastest
from toolkit.core.errors import FoldingUnreachable
from toolkit.core.topology import Part
from toolkit.families import family
from toolkit.families.resources import Resources

LATE_SHARE = 1 / 8
"""Share of frames that later stages are folded for; more than usual, so that they are no bottleneck."""


def demands_of(segments: Mapping[Part, Sequence[Unit]], late: float = LATE_SHARE) -> list[Demand]:
    """Return what is asked of each segment, if a share ``late`` of the frames goes behind exit 0."""
    return [Demand(part, tuple(units), late if part.k else 1) for part, units in segments.items()]


def fold_chip(
    segments: Mapping[Part, Sequence[Unit]],
    board: Board,
    link: Resources,
    luts: int | None = None,
    cycles: int | None = None,
) -> Choice:
    """Fold all stages of a network for a chip.

    Args:
        segments: candidates of every segment, with resources on the board's part.
        board: board with a toolchain; its part must hold everything.
        link: resources of the link.
        luts: largest number of look-up tables of the whole design; None: as many as the tools place in
            minutes, increased by a quarter until the network fits.
        cycles: largest number of cycles per frame of any layer; None: as few as possible, where later stages
            are folded for :data:`LATE_SHARE` of the frames.

    Raises:
        FoldingUnreachable: no folding fits; states the resources needed and the nearest folding that fits.
    """
    whole, tools = board.resources.budget, board.toolchain
    if luts is None:
        return fold_growing(segments, board, link, tools.luts, whole.lut, cycles)[0]
    sure = whole._replace(lut=int(min(luts, whole.lut) * (1 - tools.margin)))
    budget = Resources(*(max(0, has - taken) for has, taken in zip(sure, link, strict=True)))
    late = LATE_SHARE if cycles is None else 1.0
    demands = demands_of(segments, late)
    if cycles is None:
        return fastest(demands, budget)
    if (found := cheapest(demands, cycles, budget)) is not None:
        return found
    best, wanted = fastest(demands, budget), cheapest(demands, cycles, Resources(*(ENDLESS,) * 3))
    fix = f"The nearest folding that fits takes {best.interval:,.0f} cycles; --luts may allow more."
    what = f"a design of {cycles:,} cycles per frame on {board.name}"
    if wanted is None:
        raise FoldingUnreachable(what, found="no folding is as fast", fix=fix)
    takes, names = wanted.resources.plus(link), family(board.family).names
    lut, bram, dsp = names.lut.short, names.bram.short, names.dsp.short
    over = [
        f"{taken:,} {name}, {taken - has:,} too many"
        for name, taken, has in zip((lut, bram, dsp), takes, sure, strict=True)
        if taken > has
    ]
    expected = f"at most {sure.lut:,} {lut}, {sure.bram} {bram} and {sure.dsp} {dsp}"
    raise FoldingUnreachable(
        what, expected=expected, found="; ".join(over) or "too many of one or the other", fix=fix
    )


def fold_growing(
    segments: Mapping[Part, Sequence[Unit]],
    board: Board,
    link: Resources,
    luts: int,
    most: int,
    cycles: int | None = None,
) -> tuple[Choice, int]:
    """Fold with so many look-up tables, or with a quarter more until the network fits, up to ``most``.

    Returns:
        The folding, and the look-up tables that it was allowed.

    Raises:
        FoldingUnreachable: none fits; other arguments and this as for :func:`fold_chip`.
    """
    while luts < most:
        with contextlib.suppress(FoldingUnreachable):
            return fold_chip(segments, board, link, luts, cycles), luts
        luts += 1 + luts // 4
    return fold_chip(segments, board, link, most, cycles), most


def require_luts(segments: Mapping[Part, Sequence[Unit]], board: Board, link: Resources, luts: int) -> None:
    """Check that some folding fits into ``luts`` look-up tables; arguments as :func:`fold_chip`.

    Raises:
        FoldingUnreachable: states the least value of the option ``--luts``.
    """
    units = [unit for segment in segments.values() for unit in segment]
    taken = link.lut + sum(min(option.resources.lut for option in unit.candidates) for unit in units)
    least = math.ceil(taken / (1 - board.toolchain.margin))
    if luts < least:
        raise FoldingUnreachable(
            "--luts",
            expected=f"at least {least:,}, what the slowest folding and the link take",
            found=f"{luts:,}",
            fix="Allow more, or take a smaller network or fewer bits.",
        )
