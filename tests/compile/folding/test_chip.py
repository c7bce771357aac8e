"""Foldings for one chip, of candidates made up here."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import assume, given

from tests.compile.folding import strategies
from toolkit.boards import Board, board
from toolkit.compile.folding import chip
from toolkit.compile.folding.candidates import Candidate, Unit
from toolkit.compile.folding.chip import LATE_SHARE
from toolkit.compile.folding.search import Choice, Demand, cheapest, fastest
from toolkit.core.errors import FoldingUnreachable
from toolkit.core.topology import Part, trunk
from toolkit.families.resources import Resources

ULX3S = board("ulx3s-85f")
LINK = Resources(lut=1200, bram=14)
LUTS, MARGIN = ULX3S.toolchain.luts, ULX3S.toolchain.margin
Menus = dict[Part, list[Unit]]


def fold_chip(
    units: Mapping[str, Sequence[Unit]], on: Board, luts: int | None = None, cycles: int | None = None
) -> Choice:
    """With a link that takes :data:`LINK`."""
    return chip.fold_chip(units, on, LINK, luts, cycles)


def total(lut: int) -> int:
    """Fewest look-up tables of which this many are left beside the link, with the margin."""
    wanted = lut + LINK.lut
    return next(n for n in itertools.count(wanted) if int(n * (1 - MARGIN)) == wanted)


def part(lut: int, bram: int, dsp: int) -> Board:
    """A board whose part has this left beside the link."""
    has = Resources(lut, bram, dsp).plus(LINK)
    changes = {"lut": total(lut), "bram18": has.bram, "dsp": has.dsp}
    return ULX3S.model_copy(update={"resources": ULX3S.resources.model_copy(update=changes)})


def product(*lanes: int, cycles: int = 1000, lut: int = 100, bram: int = 1) -> Unit:
    """One that takes a multiplier and look-up tables per lane, and block RAM whatever its lanes."""
    return Unit(
        "product",
        tuple(Candidate(((("PE", n),),), cycles // n, n, Resources(lut * n, bram, n)) for n in lanes),
    )


TWO: Menus = {trunk(0): [product(1, 2, 5, 10)], trunk(1): [product(1, 2, 5, 10)]}


@given(strategies.demands(), strategies.budgets)
def test_the_budget_is_what_the_link_leaves(demands: list[Demand], budget: Resources) -> None:
    segments = {demand.part: list(demand.units) for demand in demands}
    ours = [Demand(p, tuple(u), 1 if p == trunk(0) else LATE_SHARE) for p, u in segments.items()]
    try:
        expected = fastest(ours, budget)
    except FoldingUnreachable:
        with pytest.raises(FoldingUnreachable):
            fold_chip(segments, part(*budget), 1 << 20)
        return
    assert fold_chip(segments, part(*budget), 1 << 20) == expected
    assert expected.resources.within(budget)


@given(strategies.demands(), strategies.budgets)
def test_no_layer_is_slower_than_asked(demands: list[Demand], budget: Resources) -> None:
    """With cycles given, late stages keep to them as well, and no more is taken than for that."""
    cycles = 5
    segments = {demand.part: list(demand.units) for demand in demands}
    alike = [Demand(name, tuple(units)) for name, units in segments.items()]
    expected = cheapest(alike, cycles, budget)
    assume(expected is not None)
    assert expected is not None
    found = fold_chip(segments, part(*budget), 1 << 20, cycles)
    assert found == expected
    assert found.interval <= cycles
    for name, units in segments.items():
        for unit, attributes in zip(units, found.foldings[name], strict=True):
            (option,) = [option for option in unit.candidates if option.attributes == (attributes,)]
            assert option.cycles <= cycles


def test_a_limit_of_look_up_tables_counts_the_link() -> None:
    exactly = total(600)  # five lanes early, one late
    found = fold_chip(TWO, ULX3S, exactly)
    assert found.foldings == {trunk(0): ((("PE", 5),),), trunk(1): ((("PE", 1),),)}
    assert found.resources.lut == 600
    assert fold_chip(TWO, ULX3S, exactly - 1).foldings[trunk(0)] == ((("PE", 2),),)


def test_the_part_limits_what_is_allowed() -> None:
    assert fold_chip(TWO, part(600, 2, 11), 1 << 20).resources.lut == 600
    assert fold_chip(TWO, part(1 << 20, 2, 7), 1 << 20).resources.dsp <= 7


def test_late_stages_are_folded_further_unless_cycles_are_asked_for() -> None:
    assert fold_chip(TWO, part(1 << 20, 2, 12), 1 << 20).foldings == {
        trunk(0): ((("PE", 10),),),
        trunk(1): (
            (("PE", 2),),
        ),  # an eighth of the pace would allow one lane at 125 cycles: 100 are reached
    }
    asked = fold_chip(TWO, part(1 << 20, 2, 12), 1 << 20, 200)
    assert asked.foldings == dict.fromkeys(TWO, ((("PE", 5),),))
    assert asked.interval == 200


@pytest.mark.parametrize(
    ("left", "found"),
    [
        ((1999, 2, 20), rf"found {2000 + LINK.lut:,} LUT4, 1 too many. "),
        ((2000, 1, 20), rf"found {2 + LINK.bram} EBR, 1 too many. "),
        ((2000, 2, 17), rf"found {20 + LINK.dsp} MULT18, 3 too many. "),
        (
            (1990, 2, 19),
            rf"found {2000 + LINK.lut:,} LUT4, 10 too many; {20 + LINK.dsp} MULT18, 1 too many. ",
        ),
    ],
)
def test_what_is_missing_is_said(left: tuple[int, int, int], found: str) -> None:
    options = (*product(5, bram=0).candidates, *product(10, bram=1).candidates)
    same = {name: [Unit("product", options)] for name in TWO}
    with pytest.raises(FoldingUnreachable) as caught:
        fold_chip(same, part(*left), 1 << 20, 100)
    lut, bram, dsp = Resources(*left).plus(LINK)
    assert str(caught.value) == (
        "a design of 100 cycles per frame on ulx3s-85f; "
        f"expected at most {lut:,} LUT4, {bram} EBR and {dsp} MULT18; {found}"
        f"The nearest folding that fits takes 200 cycles; --luts may allow more."
    )


def test_a_pace_that_no_folding_has() -> None:
    with pytest.raises(
        FoldingUnreachable, match=r"found no folding is as fast\. The nearest .* takes 100 cycles"
    ):
        fold_chip(TWO, ULX3S, 1 << 20, 99)


def test_without_a_limit_it_is_raised_as_often_as_needed() -> None:
    small: Menus = {trunk(0): [product(1, 2, lut=1000)]}
    assert fold_chip(small, ULX3S) == fold_chip(small, ULX3S, LUTS)
    left = [int(luts * (1 - MARGIN)) - LINK.lut for luts in (LUTS, LUTS * 5 // 4, LUTS * 25 // 16)]
    large: Menus = {trunk(0): [product(1, 2, lut=left[1] + 1)]}
    assert left[1] < fold_chip(large, ULX3S).resources.lut <= left[2]
    with pytest.raises(FoldingUnreachable, match="at least 90,000 LUT,"):
        fold_chip({trunk(0): [product(1, lut=90_000)]}, ULX3S)


def test_nothing_fits() -> None:
    with pytest.raises(FoldingUnreachable, match="at least 200 LUT, 2 block RAMs, 2 DSP"):
        fold_chip(TWO, ULX3S, total(199))
