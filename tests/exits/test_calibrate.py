from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.exits.population import CLASSES, SCALE, draw
from toolkit.core.artifact import read_json, write_json
from toolkit.core.errors import (
    ArtifactError,
    BadOption,
    DataError,
    GoalUnreachable,
    RangeExceeded,
    UnknownName,
)
from toolkit.exits import (
    CRITERIA,
    Budget,
    Calibration,
    Curve,
    ExitPolicy,
    ExitRate,
    Guarantee,
    MaxLoss,
    Objective,
    calibrate,
    threshold_grid,
    trade_off,
)

LOGITS, LABELS = draw(800)
THREE, THREE_LABELS = draw(800, exits=3, seed=1)


def run(objective: Objective, name: str = "top1", **options: Any) -> Calibration:
    return calibrate(LOGITS, [SCALE], LABELS, name, objective, **options)


@pytest.mark.parametrize("name", CRITERIA)
@pytest.mark.parametrize("classes", [2, 10, 100])
@pytest.mark.parametrize("scales", [(SCALE, 0.3), (2.0**-24,)], ids=["usual", "tiny"])
def test_the_grid_goes_from_the_safest_threshold_to_the_boldest(
    name: str, classes: int, scales: tuple[float, ...]
) -> None:
    grid = threshold_grid(name, classes, scales)
    steps = np.diff(grid) * (1 if name == "entropy" else -1)
    assert (steps > 0).all()
    for threshold in grid[1:-1]:
        assert threshold == round(threshold, 6)
    for threshold in grid:
        CRITERIA[name].check(threshold, classes)


@pytest.mark.parametrize("name", CRITERIA)
@pytest.mark.parametrize("exits", [2, 3])
def test_the_curve_is_what_policies_do(name: str, exits: int) -> None:
    logits, labels = draw(300, exits, seed=5)
    scales = (SCALE,) * (exits - 1)
    curve = trade_off(logits, scales, labels, name, costs=range(1, exits + 1), unit="cycles")
    last_right = logits[-1].argmax(axis=1) == labels
    for point in range(0, len(curve.thresholds), 20):
        policy = ExitPolicy(
            criterion=name,
            thresholds=tuple(curve.thresholds[point].tolist()),
            scales=scales,
            classes=CLASSES,
        )
        answers = policy.answer(logits)
        right = answers.classes == labels
        assert curve.accuracies[point] == right.mean()
        assert curve.exit_rates[point].tolist() == [(answers.exits == k).mean() for k in range(exits)]
        assert curve.risks[point] == (~right & last_right).mean()
        assert curve.losses[point] == pytest.approx(last_right.mean() - right.mean())
        assert curve.mean_costs is not None
        assert curve.mean_costs[point] == pytest.approx((answers.exits + 1).mean())
    assert curve.left[0].tolist() == [0] * (exits - 1) + [300]
    assert curve.left[-1].tolist() == [300] + [0] * (exits - 1)
    assert (np.diff(curve.left[:, -1]) <= 0).all()
    assert (np.diff(curve.left[:, 0]) >= 0).all()


@pytest.mark.parametrize("name", CRITERIA)
@pytest.mark.parametrize("points", [0, 0.5, 2, 100])
def test_the_largest_loss_is_kept_by_the_boldest_threshold(name: str, points: float) -> None:
    result = run(MaxLoss(points), name)
    losses = result.curve.losses * 100
    assert losses[result.chosen] <= points + 1e-9
    assert (losses[result.chosen + 1 :] > points - 1e-9).all()


def test_a_loss_of_a_whole_share_of_frames_is_not_lost_to_rounding() -> None:
    """7 of 100 frames are 7 points, though 0.07 * 100 > 7 in binary64."""
    labels = np.array([0, 1] * 50)
    last = np.where(labels[:, None] == [0, 1], 50, 0)
    early = last.copy()
    early[:7] = early[:7, ::-1]
    result = calibrate([early, last], [1.0], labels, "margin", MaxLoss(7))
    assert result.curve.losses[-1] == 0.07
    assert result.thresholds == (0.0,)


@pytest.mark.parametrize("name", CRITERIA)
@pytest.mark.parametrize("rate", [0, 0.3, 0.8, 1])
def test_the_exit_rate_is_reached_by_the_safest_threshold(name: str, rate: float) -> None:
    result = run(ExitRate(rate), name)
    rates = result.curve.early_rates
    assert rates[result.chosen] >= rate
    assert result.chosen == 0 or rates[result.chosen - 1] < rate


def test_a_budget_buys_the_best_accuracy() -> None:
    objective = Budget((100, 300), 180, "cycles")
    result = run(objective)
    costs = result.curve.mean_costs
    assert costs is not None
    assert costs[result.chosen] <= 180
    assert result.curve.correct[result.chosen] == result.curve.correct[costs <= 180].max()
    assert costs.max() == 300
    assert "180 cycles" in result.words


def test_a_chosen_threshold_means_the_same_frames_after_writing(tmp_path: Path) -> None:
    for name in CRITERIA:
        result = calibrate(THREE, [SCALE] * 2, THREE_LABELS, name, ExitRate(0.7), logit_bits=[12, 12])
        policy = result.policy("digest", "net")
        policy.save(tmp_path)
        answers = ExitPolicy.load(tmp_path).answer(THREE)
        assert np.bincount(answers.exits).tolist() == result.curve.left[result.chosen].tolist()
        assert (answers.classes == THREE_LABELS).sum() == result.curve.correct[result.chosen]
        assert policy.objective == {"name": "exit_rate", "rate": 0.7}
        assert policy.logit_bits == (12, 12)
        assert policy.guarantee is None
        assert len(policy.thresholds) == 2
        policy.require("digest", 3)


def test_a_guarantee_narrows_the_choice_and_is_written_down() -> None:
    free, guarded = run(MaxLoss(100)), run(MaxLoss(100), guarantee=Guarantee(0.05, 0.1))
    assert free.chosen == len(free.curve.thresholds) - 1
    assert 0 < guarded.chosen == guarded.proven - 1 < free.chosen
    certificate = guarded.policy("digest", "net").guarantee
    assert certificate is not None
    assert (certificate["epsilon"], certificate["delta"], certificate["frames"]) == (0.05, 0.1, 800)
    assert certificate["harmed"] == guarded.curve.harmed[guarded.chosen] < 0.05 * 800
    assert "with probability 0.9" in guarded.words


def test_too_few_frames_for_a_guarantee_leave_nobody_early() -> None:
    """(1 - 0.001)**800 > 0.05: even no harm at all would show nothing."""
    result = run(MaxLoss(1), guarantee=Guarantee(0.001, 0.05))
    assert result.proven == 1
    assert result.chosen == 0
    assert result.curve.early_rates[0] == 0
    assert "no frame leaves early" in result.words
    with pytest.raises(
        GoalUnreachable, match=r"under the guarantee; expected an exit rate .* found 0 at best"
    ):
        run(ExitRate(0.5), guarantee=Guarantee(0.001, 0.05))


def test_a_budget_below_the_cheapest_policy() -> None:
    with pytest.raises(GoalUnreachable, match="at most 99 cycles per frame; found 100 cycles at best"):
        run(Budget((100, 300), 99, "cycles"))


def test_thresholds_of_ones_own_get_a_safest_one_in_front() -> None:
    curve = run(ExitRate(0), thresholds=[0.9, 0.6]).curve
    assert curve.thresholds.tolist() == [[1.0], [0.9], [0.6]]
    with pytest.raises(BadOption, match="safest first"):
        run(ExitRate(0), thresholds=[0.6, 0.9])
    with pytest.raises(BadOption, match=r"threshold of top1|safest first"):
        run(ExitRate(0), thresholds=[1.2])


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"labels": LABELS[:0], "logits": [a[:0] for a in LOGITS]}, DataError, "at least one; found none"),
        ({"labels": np.zeros(800, dtype=int)}, DataError, "frames of several classes; found one class"),
        ({"labels": LABELS[:-1]}, DataError, "labels; expected 800 integers"),
        ({"labels": LABELS + 0.5}, DataError, "labels; expected 800 integers"),
        ({"labels": LABELS + 1}, DataError, "labels; expected 0 to 3; found 1 to 4"),
        ({"logits": [LOGITS[0], LOGITS[1][:-1]]}, DataError, "one frame count"),
        ({"logits": [LOGITS[0], LOGITS[1][:, :3]]}, DataError, "shape"),
        ({"logits": [LOGITS[0], LOGITS[1][:, 0]]}, DataError, "shape"),
        (
            {"logits": [array * 1.0 for array in LOGITS]},
            DataError,
            "logits; expected integers; found float64",
        ),
        ({"logits": LOGITS[:1]}, BadOption, "at least 2 exits"),
        ({"scales": []}, BadOption, "logit scales; expected 1, one per early exit; found 0"),
        ({"scales": [math.nan]}, BadOption, "logit scale"),
        ({"logit_bits": [6]}, RangeExceeded, "logits of 6 bits"),
        ({"logit_bits": [6, 6]}, BadOption, "logit widths"),
        ({"criterion": "gut"}, UnknownName, "unknown criterion"),
        ({"costs": [1, 2, 3]}, BadOption, "costs; expected 2 numbers"),
        ({"costs": [1, math.nan]}, BadOption, "costs; expected 2 numbers"),
        ({"objective": Budget((1, 2, 3), 2, "uJ")}, BadOption, "costs; expected 2 numbers"),
        ({"objective": Budget((1, 2), 2, "uJ"), "costs": [1, 2]}, BadOption, "those of the budget only"),
    ],
)
def test_bad_input(change: dict[str, Any], error: type[Exception], message: str) -> None:
    arguments: dict[str, Any] = {
        "logits": LOGITS,
        "scales": [SCALE],
        "labels": LABELS,
        "criterion": "top1",
        "objective": ExitRate(0.5),
    }
    with pytest.raises(error, match=message):
        calibrate(**(arguments | change))


@pytest.mark.parametrize("value", [-0.1, 101, math.nan, math.inf])
def test_objectives_out_of_range(value: float) -> None:
    for make in (MaxLoss, ExitRate, lambda x: Budget((1, 2), x if x != 101 else -1, "uJ")):
        with pytest.raises(BadOption, match="expected a finite number from 0"):
            make(value)
    for change in ({"epsilon": value}, {"delta": value}):
        with pytest.raises(BadOption, match=r"guarantee: .*between 0 and 1"):
            replace(Guarantee(0.1, 0.1), **change)


def test_a_curve_comes_back_as_it_was_saved_and_finds_its_policy(tmp_path: Path) -> None:
    logits, labels = draw(500, exits=3)
    found = calibrate(logits, (SCALE, SCALE), labels, "top1", ExitRate(0.5))
    found.curve.save(tmp_path)
    curve = Curve.load(tmp_path)
    assert curve == found.curve
    policy = found.policy("digest", "net")
    assert curve.chosen(policy) == found.chosen
    for other in ({"criterion": "entropy"}, {"thresholds": (0.123, 0.123)}):
        with pytest.raises(ArtifactError, match=r"curve\.json is of another policy"):
            curve.chosen(ExitPolicy(**{**policy.model_dump(), **other}))
    with pytest.raises(ArtifactError, match="another policy"):
        curve.chosen(ExitPolicy(criterion="top1", thresholds=(0.5,), scales=(SCALE,), classes=CLASSES))


def test_a_damaged_curve_is_named(tmp_path: Path) -> None:
    logits, labels = draw(50)
    file = trade_off(logits, (SCALE,), labels, "top1").save(tmp_path)
    write_json(file, read_json(file) | {"harmed": [0]})
    with pytest.raises(ArtifactError, match=r"curve\.json: .*a row per policy"):
        Curve.load(tmp_path)
