"""The comparison of units whose answers can be worked out by hand."""

from __future__ import annotations

import pytest

from toolkit.compile.folding.candidates import Candidate, Unit
from toolkit.core.errors import BadOption, FoldingUnreachable
from toolkit.core.topology import Part, Topology, head, trunk
from toolkit.explore.budgets import Sweep, planned_reach, sweep
from toolkit.families.resources import Resources

PART = Resources(100, 100, 100)


def unit(work: int, *multipliers: int) -> list[Unit]:
    """A product of so many cycles with one multiplier."""
    options = [Candidate(((("PE", n),),), work // n, n, Resources(dsp=n)) for n in multipliers]
    return [Unit("product", tuple(options))]


UNITS = {
    trunk(0): unit(80, 1, 2, 4, 8),
    head(0): unit(10, 1),
    trunk(1): unit(320, 1, 2, 4, 8, 16, 32),
    head(1): unit(8, 1),
}


@pytest.fixture
def found() -> Sweep:
    # Early: trunk0 n, trunk1 m: interval max(80/n, 0.1 * 320/m, 10). Baseline: max(80/n, 320/m, 8).
    return sweep(UNITS, (1.0, 0.1), PART, [64, 8])


def test_points_ascend_and_have_the_expected_designs(found: Sweep) -> None:
    small, large = found.pairs
    assert [point.budget for point in found.pairs] == [PART._replace(dsp=8), PART._replace(dsp=64)]
    assert (small.early.interval, small.baseline.interval) == (20, 80)  # 4 + 2 and heads; 1 or 2 + 4 and head
    assert (large.early.interval, large.baseline.interval) == (10, 10)
    assert (small.gain, large.gain) == (4, 1)


def test_share_is_of_what_the_baseline_takes(found: Sweep) -> None:
    small, large = found.pairs
    assert small.baseline.resources.dsp == 6
    assert small.share == pytest.approx(4 / 6)  # 80 cycles with one multiplier in each of four segments
    assert large.baseline.resources.dsp == 41
    assert large.share == pytest.approx((8 + 1 + 4 + 1) / 41)


def test_summary(found: Sweep) -> None:
    assert found.geometric_mean == pytest.approx(2)
    assert found.worst is found.pairs[1]
    assert (found.floor, found.reach) == (10, (1.0, 0.1))
    assert found.at(8) is found.pairs[0]
    assert (found.first(8).interval, found.first(64).interval) == (20, 10)
    with pytest.raises(BadOption, match=r"expected one of \[8, 64\]; found 9"):
        found.at(9)


def test_the_floor_may_be_a_late_segment() -> None:
    late = {**UNITS, trunk(1): unit(320, 1)}
    assert sweep(late, (1.0, 0.5), PART, [50]).floor == 160


def test_early_exit_may_never_be_as_fast() -> None:
    slow = {**UNITS, head(0): unit(50, 1)}
    (point,) = sweep(slow, (1.0, 0.1), PART, [64]).pairs
    assert point.gain == pytest.approx(10 / 50)
    assert point.share is None


def test_one_exit_is_its_own_baseline() -> None:
    (point,) = sweep({k: UNITS[k] for k in (trunk(0), head(0))}, (1.0,), PART, [64]).pairs
    assert (point.gain, point.share) == (1, 1)


def test_budgets_too_small_are_left_out() -> None:
    found = sweep(UNITS, (1.0, 0.1), PART, [2, 64])
    assert [pair.budget.dsp for pair in found.pairs] == [64]
    for refused in (lambda: found.at(2), lambda: sweep(UNITS, (1.0, 0.1), PART, [1, 2])):
        with pytest.raises(FoldingUnreachable, match=r"within the budget; expected at most .* 2 DSP"):
            refused()


@pytest.mark.parametrize("reach", [(), (1.0,), (0.9, 0.1), (1.0, 0.1, 0.05), (1.0, 1.2), (1.0, 0.0)])
def test_shares_that_do_not_fit_are_refused(reach: tuple[float, ...]) -> None:
    with pytest.raises(BadOption, match="share"):
        sweep(UNITS, reach, PART, [64])


@pytest.mark.parametrize("names", [(), (trunk(0),), (trunk(0), head(1)), (trunk(0), head(0), trunk(1))])
def test_segments_without_their_counterparts_are_refused(names: tuple[Part, ...]) -> None:
    with pytest.raises(BadOption, match=r"parts of a network; expected \[trunk0, head0\]"):
        sweep({name: UNITS[name] for name in names}, (1.0,), PART)


def test_no_budget_is_refused() -> None:
    with pytest.raises(BadOption, match="at least one budget"):
        sweep(UNITS, (1.0, 0.1), PART, [])


def test_every_stage_is_planned_for() -> None:
    assert planned_reach((0.75, 0.25, 0.0)) == (1.0, 0.25, 1e-3)


def test_eleven_exits_are_in_order() -> None:
    """Text order would put trunk10 before trunk2."""
    parts = Topology(11)
    units = {part: unit(100 + part.k, 1) if part in parts.static else unit(1, 1) for part in parts}
    found = sweep(units, tuple(1 - k / 20 for k in range(11)), PART, [64])
    (pair,) = found.pairs
    assert pair.baseline.interval == 110
    assert pair.early.interval == max((1 - k / 20) * (100 + k) for k in range(11))
    assert list(pair.baseline.foldings) == list(parts.static)


def test_what_early_exit_alone_needs_is_within_the_budget() -> None:
    """Two multipliers less for its segments: trunk 0 gets 2 in place of 4."""
    (pair,) = sweep(UNITS, (1.0, 0.1), PART, [8], Resources(lut=3, dsp=2)).pairs
    assert (pair.early.interval, pair.baseline.interval) == (40, 80)
    assert pair.early.resources == Resources(lut=3, dsp=2 + 2 + 1 + 1 + 1)


def test_budgets_with_the_same_designs_are_counted_once() -> None:
    found = sweep(UNITS, (1.0, 0.1), PART, [8, 64, 80])
    assert [pair.gain for pair in found.pairs] == [4, 1, 1]
    assert found.distinct == 2
