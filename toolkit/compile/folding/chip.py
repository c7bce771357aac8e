"""Foldings for a network whose stages share one chip with their link."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence

from toolkit.boards import Board
from toolkit.compile.folding.candidates import Unit
from toolkit.compile.folding.search import Choice, Demand, cheapest, fastest
from toolkit.core.errors import FoldingUnreachable
from toolkit.core.topology import Part
from toolkit.families import family
from toolkit.families.resources import Resources

LATE_SHARE = 1 / 8
"""Share of the frames that later stages are folded for: more than go on as a rule, so none holds up."""
_ENDLESS = Resources(*(1 << 40,) * 3)


def fold_chip(
    menus: Mapping[str, Sequence[Unit]],
    board: Board,
    link: Resources,
    luts: int | None = None,
    cycles: int | None = None,
) -> Choice:
    """Fold all stages of a network for a chip.

    Args:
        menus: foldings by segment name (trunk0, head0, ...), with resources of the board's part.
        board: one that its family's tools build for; its part must hold everything.
        link: what the link takes.
        luts: look-up tables that the whole design may take; None: as many as the tools place in minutes, or a
            quarter more as often as the network needs it.
        cycles: per frame that no layer may exceed, whatever its stage; None: as few as possible, later stages
            at :data:`LATE_SHARE` of the pace.

    Raises:
        FoldingUnreachable: nothing fits; says what it takes, and the nearest folding that fits.
    """
    part, tools = board.resources.budget, board.toolchain
    if luts is None:
        luts = tools.luts
        while luts < part.lut:
            with contextlib.suppress(FoldingUnreachable):
                return fold_chip(menus, board, link, luts, cycles)
            luts += luts // 4
    sure = part._replace(lut=int(min(luts, part.lut) * (1 - tools.margin)))
    budget = Resources(*(max(0, has - taken) for has, taken in zip(sure, link, strict=True)))
    late = LATE_SHARE if cycles is None else 1.0
    demands = [
        Demand(name, tuple(units), 1 if Part.named(name).k == 0 else late) for name, units in menus.items()
    ]
    if cycles is None:
        return fastest(demands, budget)
    if (found := cheapest(demands, cycles, budget)) is not None:
        return found
    best, wanted = fastest(demands, budget), cheapest(demands, cycles, _ENDLESS)
    fix = f"The nearest folding that fits takes {best.interval:,.0f} cycles; --luts may allow more."
    what = f"a design of {cycles:,} cycles per frame on {board.name}"
    if wanted is None:
        raise FoldingUnreachable(what, found="no folding is as fast", fix=fix)
    takes = wanted.resources.plus(link)
    named = family(board.family).names
    over = [
        f"{taken:,} {name.short}, {taken - has:,} too many"
        for name, taken, has in zip((named.lut, named.bram, named.dsp), takes, sure, strict=True)
        if taken > has
    ]
    lut, bram, dsp = named.lut.short, named.bram.short, named.dsp.short
    expected = f"at most {sure.lut:,} {lut}, {sure.bram} {bram} and {sure.dsp} {dsp}"
    raise FoldingUnreachable(
        what, expected=expected, found="; ".join(over) or "too many of one or the other", fix=fix
    )
