"""The comparison on menus whose answers can be worked out by hand."""

from __future__ import annotations

import pytest

from toolkit.compile.folding.candidates import Option, Resources, Unit
from toolkit.core.errors import BadOption, FoldingUnreachable
from toolkit.core.topology import Part, head, trunk
from toolkit.explore import Comparison, compare

PART = Resources(100, 100, 100)


def unit(work: int, *multipliers: int) -> list[Unit]:
    """A product of so many cycles with one multiplier."""
    options = [Option(((("PE", n),),), work // n, n, Resources(dsp=n)) for n in multipliers]
    return [Unit("product", tuple(options))]


MENUS = {
    trunk(0): unit(80, 1, 2, 4, 8),
    head(0): unit(10, 1),
    trunk(1): unit(320, 1, 2, 4, 8, 16, 32),
    head(1): unit(8, 1),
}


@pytest.fixture
def found() -> Comparison:
    # Early: trunk0 n, trunk1 m: interval max(80/n, 0.1 * 320/m, 10). Baseline: max(80/n, 320/m, 8).
    return compare(MENUS, (1.0, 0.1), PART, [64, 8])


def test_points_ascend_and_have_the_expected_designs(found: Comparison) -> None:
    small, large = found.points
    assert [point.budget for point in found.points] == [PART._replace(dsp=8), PART._replace(dsp=64)]
    assert (small.early.interval, small.baseline.interval) == (20, 80)  # 4 + 2 and heads; 1 or 2 + 4 and head
    assert (large.early.interval, large.baseline.interval) == (10, 10)
    assert (small.gain, large.gain) == (4, 1)


def test_share_is_of_what_the_baseline_takes(found: Comparison) -> None:
    small, large = found.points
    assert small.baseline.resources.dsp == 6
    assert small.share == pytest.approx(4 / 6)  # 80 cycles with one multiplier in each of four segments
    assert large.baseline.resources.dsp == 41
    assert large.share == pytest.approx((8 + 1 + 4 + 1) / 41)


def test_summary(found: Comparison) -> None:
    assert found.geometric_mean == pytest.approx(2)
    assert found.worst is found.points[1]
    assert (found.floor, found.reach) == (10, (1.0, 0.1))
    assert found.at(8) is found.points[0]
    with pytest.raises(BadOption, match=r"expected one of \[8, 64\]; found 9"):
        found.at(9)


def test_the_floor_may_be_a_late_segment() -> None:
    late = {**MENUS, trunk(1): unit(320, 1)}
    assert compare(late, (1.0, 0.5), PART, [50]).floor == 160


def test_early_exit_may_never_be_as_fast() -> None:
    slow = {**MENUS, head(0): unit(50, 1)}
    (point,) = compare(slow, (1.0, 0.1), PART, [64]).points
    assert point.gain == pytest.approx(10 / 50)
    assert point.share is None


def test_one_exit_is_its_own_baseline() -> None:
    (point,) = compare({k: MENUS[k] for k in (trunk(0), head(0))}, (1.0,), PART, [64]).points
    assert (point.gain, point.share) == (1, 1)


def test_a_budget_too_small_is_refused() -> None:
    with pytest.raises(FoldingUnreachable, match=r"within the budget; expected at most .*dsp=2"):
        compare(MENUS, (1.0, 0.1), PART, [2])


@pytest.mark.parametrize("reach", [(), (1.0,), (0.9, 0.1), (1.0, 0.1, 0.05), (1.0, 1.2), (1.0, 0.0)])
def test_shares_that_do_not_fit_are_refused(reach: tuple[float, ...]) -> None:
    with pytest.raises(BadOption, match="share"):
        compare(MENUS, reach, PART, [64])


@pytest.mark.parametrize("names", [(), (trunk(0),), (trunk(0), head(1)), (trunk(0), head(0), trunk(1))])
def test_segments_without_their_counterparts_are_refused(names: tuple[Part, ...]) -> None:
    with pytest.raises(BadOption, match="parts of a network"):
        compare({name: MENUS[name] for name in names}, (1.0,), PART)


def test_no_budget_is_refused() -> None:
    with pytest.raises(BadOption, match="at least one budget"):
        compare(MENUS, (1.0, 0.1), PART, [])
