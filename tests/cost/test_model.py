from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cost.planted import NETWORKS, measured, power_law, products, row
from toolkit.boards import board
from toolkit.core.errors import BadOption
from toolkit.cost import Energy
from toolkit.cost.forms import FORMS
from toolkit.cost.model import IncrementalModel, default_model, fit
from toolkit.cost.rows import mlperf

PYNQ = board("pynq-z2")
POWER = [form for form in FORMS if form.name == "bit product power"]


def energy(model: IncrementalModel, layers: list[tuple[int, int, int]]) -> Energy:
    found = model.energy(products(layers), PYNQ)
    assert found is not None
    return found


@settings(deadline=None, max_examples=30)
@given(scale=st.floats(0.1, 100), power=st.floats(0.15, 0.9))
def test_planted_parameters_are_found(scale: float, power: float) -> None:
    model = fit(measured(power_law(scale, power)))
    assert model.form.name == "bit product power"
    assert model.scale_pj == pytest.approx(scale, rel=1e-4)
    assert model.second == pytest.approx(power, abs=1e-4)
    assert model.factor == pytest.approx(1, abs=1e-3)


def test_the_simplest_form_that_explains_the_rows_is_taken() -> None:
    model = fit(measured(lambda layers: 2e-6 * sum(m for m, _, _ in layers)))
    assert (model.form.name, model.second) == ("operations", None)
    assert model.scale_pj == pytest.approx(2)


@pytest.mark.parametrize("outlier", [1.8, 1 / 1.8])
def test_left_out_means_left_out(outlier: float) -> None:
    """A row that is off by a factor is missed by that factor when the fit has not seen it."""
    factors = {("two", "a"): outlier}
    model = fit(measured(power_law(3.0, 0.6), factors=factors), POWER)
    misses = {miss.row: miss for miss in model.misses}
    off = misses["a two"]
    assert off.without_row is not None
    assert off.without_row == pytest.approx(1 / outlier, rel=1e-3)
    assert off.fitted != pytest.approx(1 / outlier, rel=0.05)  # in the fit it pulls the model to itself
    assert off.factor is not None
    assert model.factor >= off.factor >= 1.79
    others = [miss for name, miss in misses.items() if name != "a two"]
    assert all(miss.without_row != pytest.approx(1, abs=1e-4) for miss in others)  # they have seen it


def test_without_network_no_row_of_it_is_seen() -> None:
    """Both rows of a network off by the same factor: one vouches for the other, unless both are out."""
    factors = {("two", "a"): 1.8, ("two", "b"): 1.8}
    model = fit(measured(power_law(3.0, 0.6), factors=factors), POWER)
    off = next(miss for miss in model.misses if miss.row == "a two")
    assert off.without_network == pytest.approx(1 / 1.8, rel=1e-3)
    assert off.without_row is not None
    assert off.without_row > 0.6
    assert model.factor >= 1.79


def test_the_range_of_a_row_counts_into_its_factor() -> None:
    rows = measured(power_law(3.0, 0.6))
    first, *others = rows.rows
    wide = row(first.network, first.board, first.middle_uj, spread=1.5)
    model = fit(rows.model_copy(update={"rows": (wide, *others)}))
    assert model.factor == pytest.approx(1.5, rel=1e-3)


def test_the_model_that_ships() -> None:
    model = default_model()
    assert model.form.name == "bit product power"
    assert model.second is not None
    assert 0 < model.second < 1
    assert len(model.misses) == len(mlperf().rows)
    assert model.factor == max(miss.factor for miss in model.misses if miss.factor is not None)
    for one in mlperf().rows:  # it claims to reach every row within its interval
        figure = model.energy(mlperf().products(one), PYNQ)
        assert figure is not None
        low, high = figure.ends
        assert low <= one.incremental_uj.low
        assert one.incremental_uj.high <= high
    assert f"x{model.factor:.2f}" in model.source
    assert "MLPerf Tiny" in model.source


def test_board_energy_of_the_rows() -> None:
    """Idle power times time plus the model comes close to the board's energy, which idle power dominates."""
    for one in mlperf().rows:
        figure = default_model().energy(mlperf().products(one), PYNQ)
        assert figure is not None
        assert 1e6 * one.idle_w / one.frames_per_s + figure.value == pytest.approx(one.board_uj, rel=0.02)


@given(
    macs=st.integers(1, 10**8), bits=st.integers(1, 8), times=st.integers(2, 50), other=st.integers(1, 10**8)
)
def test_energy_grows_with_work(macs: int, bits: int, times: int, other: int) -> None:
    model = default_model()
    one = energy(model, [(macs, bits, bits)])
    assert energy(model, [(macs * times, bits, bits)]).value == pytest.approx(times * one.value)
    assert energy(model, [(macs, bits + 1, bits)]).value > one.value
    both = energy(model, [(macs, bits, bits), (other, 4, 4)])
    assert both.value == pytest.approx(one.value + energy(model, [(other, 4, 4)]).value)
    assert one.ends == pytest.approx((one.value / model.factor, one.value * model.factor))
    assert one.provenance == "estimated"


@pytest.mark.parametrize("name", ["ulx3s-85f", "zcu104"])
def test_no_figure_for_boards_nothing_like_which_was_measured(name: str) -> None:
    assert default_model().energy(products(NETWORKS["one"]), board(name)) is None


def test_no_products() -> None:
    with pytest.raises(BadOption, match="at least one layer"):
        default_model().energy((), PYNQ)


@pytest.mark.parametrize("used", [("two",), ("two", "one")])
def test_few_rows_fit_only_the_scale(used: tuple[str, ...]) -> None:
    base = default_model()
    assert base.second is not None
    nets = {name: NETWORKS[name] for name in used}
    model = fit(measured(power_law(7.0, base.second), nets, boards=("a",)))
    assert (model.form, model.second) == (base.form, base.second)
    assert model.scale_pj == pytest.approx(7.0)
    assert model.factor == base.factor  # the rows agree, but say nothing about other networks
    known = [miss.without_row is not None for miss in model.misses]
    assert known == [len(used) > 1] * len(used)
    assert "planted" in model.source
    assert math.isclose(energy(model, [(10**6, 4, 4)]).value, 7.0 * 16**base.second)


def test_few_rows_that_disagree_widen_the_factor() -> None:
    base = default_model()
    assert base.second is not None
    law = power_law(7.0, base.second)
    nets = {name: NETWORKS[name] for name in ("two", "one")}
    model = fit(measured(law, nets, ("a",), {("two", "a"): 4.0}))
    assert model.factor == pytest.approx(4.0)


def test_rows_of_equal_widths_do_not_choose_a_form() -> None:
    same = {name: [(macs, 4, 4)] for name, macs in (("one", 10**5), ("two", 10**6), ("three", 10**4))}
    model = fit(measured(power_law(7.0, 0.1), same, ("a",)))
    assert (model.form, model.second) == (default_model().form, default_model().second)


def test_leave_one_out_by_hand() -> None:
    """Where all layers of a network have one width, the fit is a straight line through logarithms."""
    nets = {"one": [(10**6, 1, 1)], "two": [(10**5, 4, 4)], "three": [(10**4, 12, 8)]}
    factors = {("one", "a"): 1.01, ("two", "a"): 0.98}
    rows = measured(power_law(5.0, 0.55), nets, ("a",), factors)
    model = fit(rows, POWER)
    widths = np.log([1.0, 16.0, 96.0])
    each = np.log([one.middle_uj / nets[one.network][0][0] for one in rows.rows])
    for left, miss in enumerate(model.misses):
        seen = [index for index in range(3) if index != left]
        slope, offset = np.polyfit(widths[seen], each[seen], 1)
        ratio = np.exp(offset + slope * widths[left] - each[left])
        assert miss.without_row == pytest.approx(ratio, rel=1e-5)
        assert miss.factor == pytest.approx(max(ratio, 1 / ratio), rel=1e-5)
