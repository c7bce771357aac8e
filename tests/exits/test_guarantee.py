"""Coverage of the guarantee: a population whose risk is known exactly, calibrated over and over."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from tests.exits.population import SCALE, draw
from toolkit.exits import Curve, Guarantee, MaxLoss, calibrate, trade_off
from toolkit.exits.joint import policies_through
from toolkit.exits.outcomes import decide

POPULATION, LABELS = draw(20_000, exits=3, seed=3)
SCALES = [SCALE, SCALE]
GRID = np.linspace(0.97, 0.47, 26).tolist()  # risks from 0 to 0.05, in small steps
RESAMPLES = 300


@pytest.fixture(scope="module")
def truth() -> Curve:
    """The whole population: its share of harmed frames is the risk of drawing one with replacement."""
    return trade_off(POPULATION, SCALES, LABELS, "top1", thresholds=GRID)


@pytest.fixture(scope="module")
def draws() -> list[Curve]:
    """Calibration curves of many draws of 500 frames."""
    generator = np.random.default_rng(0)
    curves = []
    for _ in range(RESAMPLES):
        frames = generator.integers(0, len(LABELS), 500)
        logits = [exit_[frames] for exit_ in POPULATION]
        curves.append(trade_off(logits, SCALES, LABELS[frames], "top1", thresholds=GRID))
    return curves


@pytest.mark.parametrize(("epsilon", "delta"), [(0.02, 0.1), (0.04, 0.2), (0.01, 0.05)])
def test_the_risk_exceeds_epsilon_in_no_more_than_delta_of_the_draws(
    truth: Curve, draws: list[Curve], epsilon: float, delta: float
) -> None:
    guarantee = Guarantee(epsilon, delta)
    boldest = np.array([guarantee.proven(curve.outcomes) - 1 for curve in draws])
    violations = int((truth.risks[boldest] > epsilon).sum())
    assert violations <= binom.ppf(0.999, RESAMPLES, delta)
    assert (truth.early_rates[boldest] > 0.1).mean() > 0.8  # it permits something, too


@pytest.mark.parametrize(("epsilon", "delta"), [(0.02, 0.1), (0.04, 0.2)])
def test_choosing_by_the_observed_risk_alone_breaks_it(
    truth: Curve, draws: list[Curve], epsilon: float, delta: float
) -> None:
    boldest = np.array([np.flatnonzero(curve.risks <= epsilon)[-1] for curve in draws])
    violations = int((truth.risks[boldest] > epsilon).sum())
    assert violations > binom.ppf(0.999, RESAMPLES, delta)


def test_the_population_has_risks_on_both_sides(truth: Curve) -> None:
    assert truth.risks[0] == 0
    assert truth.risks[-1] > 0.04
    assert (np.diff(truth.early_rates) >= 0).all()


@pytest.mark.parametrize(("epsilon", "delta"), [(0.04, 0.2), (0.02, 0.1)])
def test_thresholds_chosen_together_keep_it_though_they_were_chosen_on_the_data(
    epsilon: float, delta: float
) -> None:
    """The boldest policy that is proven on the second half, of a sequence that the first half chose."""
    generator = np.random.default_rng(1)
    whole, _ = decide(POPULATION, SCALES, LABELS, "top1", thresholds=GRID)
    violations = permitted = 0
    for _ in range(RESAMPLES):
        drawn = whole.frames(generator.integers(0, len(LABELS), 1000))
        found = policies_through(drawn, MaxLoss(100), Guarantee(epsilon, delta))
        assert found.halves
        truth = whole.outcomes(found.path[[found.proven - 1]])
        violations += bool(truth.harmed[0] > epsilon * truth.frames)
        permitted += bool(truth.early[0] > 0.1 * truth.frames)
    assert violations <= binom.ppf(0.999, RESAMPLES, delta)
    assert permitted > 0.8 * RESAMPLES


def test_p_values_are_exact() -> None:
    """By the binomial formula: P(Binomial(4, 1/2) <= 1) = 5/16."""
    logits, labels = draw(4)
    curve = trade_off(logits, [SCALE], labels, "top1", thresholds=[0.5])
    for harmed, wanted in ((0, 1 / 16), (1, 5 / 16), (4, 1.0)):
        fixed = Curve(**{**dict(curve), "harmed": np.array([0, harmed])})
        assert Guarantee(0.5, 0.1).p_values(fixed.outcomes)[1] == pytest.approx(wanted, rel=1e-12)


def test_testing_stops_at_the_first_threshold_that_fails(truth: Curve) -> None:
    harmed = np.full(len(truth.thresholds), 0)
    harmed[5] = 10_000  # later ones would pass, but are not tested any more
    assert Guarantee(0.1, 0.1).proven(Curve(**{**dict(truth), "harmed": harmed}).outcomes) == 5


def test_any_objective_chooses_among_what_is_proven(truth: Curve) -> None:
    result = calibrate(
        POPULATION, SCALES, LABELS, "top1", MaxLoss(100), guarantee=Guarantee(0.02, 0.1), thresholds=GRID
    )
    assert result.chosen == result.proven - 1
    assert truth.risks[result.chosen] <= 0.02
