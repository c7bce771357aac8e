"""Logits in several groups: a frame leaves when each of them would, answered with the classes of all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.core.errors import ArtifactError, BadOption, DataError
from toolkit.core.groups import joined
from toolkit.exits import CRITERIA, ExitPolicy, ExitRate, calibrate, integer_rule, trade_off
from toolkit.exits.quality import overthinking, qualities

GROUPS, CLASSES, SCALE = 3, 4, 0.25
RNG = np.random.default_rng(3)
TRUTH = RNG.integers(0, CLASSES, (300, GROUPS))
LABELS = joined(TRUTH, CLASSES)


def guesses(strength: int) -> np.ndarray:
    """Integer logits that know every group the better the more strength they have."""
    noise = RNG.integers(-8, 9, (300, GROUPS, CLASSES))
    return (noise + strength * np.eye(CLASSES, dtype=np.int64)[TRUTH]).reshape(300, -1)


LOGITS = [guesses(9), guesses(18)]


def policy(criterion: str, threshold: float) -> ExitPolicy:
    return ExitPolicy(
        criterion=criterion, thresholds=(threshold,), scales=(SCALE,), classes=CLASSES, groups=GROUPS
    )


@given(st.sampled_from(sorted(CRITERIA)), st.floats(0, 1))
def test_a_frame_leaves_when_each_group_would(criterion: str, share: float) -> None:
    highest = min(CRITERIA[criterion].highest(CLASSES), 3.0)
    whole = integer_rule(criterion, share * highest, SCALE, CLASSES, groups=GROUPS)
    alone = integer_rule(criterion, share * highest, SCALE, CLASSES)
    each = [alone.leaves(LOGITS[0][:, g * CLASSES : (g + 1) * CLASSES]) for g in range(GROUPS)]
    assert np.array_equal(whole.leaves(LOGITS[0]), np.logical_and.reduce(each))
    assert whole.constants() == alone.constants()


@given(st.sampled_from(sorted(CRITERIA)), st.floats(0.05, 0.95))
def test_float_and_integer_criterion_agree_beyond_the_bound(criterion: str, share: float) -> None:
    kind = CRITERIA[criterion]
    threshold = share * min(kind.highest(CLASSES), 3.0)
    rule = integer_rule(criterion, threshold, SCALE, CLASSES, groups=GROUPS)
    real = LOGITS[0] * SCALE
    far = abs(kind.least_sure(real, GROUPS) - threshold) > rule.score_bound
    assert far.any()
    floating = kind.leaves(real, threshold, GROUPS)
    assert np.array_equal(floating[far], rule.leaves(LOGITS[0])[far])


def test_answers_hold_the_classes_of_the_exit_that_was_taken() -> None:
    answers = policy("margin", 1.0).answer(LOGITS)
    assert set(answers.exits.tolist()) == {0, 1}
    for frame in range(300):
        row = LOGITS[answers.exits[frame]][frame].reshape(GROUPS, CLASSES)
        assert answers.classes[frame] == joined(row.argmax(axis=1), CLASSES)


@pytest.mark.parametrize("criterion", CRITERIA)
def test_calibration_counts_frames_of_which_all_is_right(criterion: str, tmp_path: Path) -> None:
    found = calibrate(LOGITS, [SCALE], LABELS, criterion, ExitRate(0.5), groups=GROUPS)
    made = found.policy("c" * 64, "m")
    assert (made.groups, made.classes, made.outputs) == (GROUPS, CLASSES, GROUPS * CLASSES)
    answers = made.answer(LOGITS)
    assert float((answers.classes == LABELS).mean()) == found.curve.accuracies[found.chosen]
    assert float((answers.exits == 0).mean()) == found.curve.exit_rates[found.chosen][0] >= 0.5
    made.save(tmp_path)
    assert ExitPolicy.load(tmp_path) == made


def test_policies_from_before_have_one_group(tmp_path: Path) -> None:
    file = ExitPolicy(criterion="top1", thresholds=(0.5,), scales=(1.0,), classes=4).save(tmp_path)
    text = file.read_text()
    assert '"groups": 1' in text
    file.write_text(text.replace('"groups": 1,', "").replace(',\n  "groups": 1', ""))
    assert ExitPolicy.load(tmp_path).groups == 1


@pytest.mark.parametrize("groups", [0, -1, 63])
def test_numbers_of_groups_that_cannot_be_are_refused(groups: int, tmp_path: Path) -> None:
    with pytest.raises(BadOption, match=f"groups; expected a whole number from 1 to 62; found {groups}"):
        integer_rule("top1", 0.5, SCALE, CLASSES, groups=groups)
    file = ExitPolicy.of_one_exit(4, "top1").save(tmp_path)
    file.write_text(file.read_text().replace('"groups": 1', f'"groups": {groups}'))
    with pytest.raises(ArtifactError, match=r"policy\.json"):
        ExitPolicy.load(tmp_path)


def test_logits_that_are_no_groups_are_refused() -> None:
    with pytest.raises(DataError, match="expected 5 groups of equal size; found 12"):
        trade_off(LOGITS, [SCALE], LABELS, "top1", groups=5)
    with pytest.raises(DataError, match="labels; expected 0 to 63; found 0 to 64"):
        trade_off(LOGITS, [SCALE], np.where(LABELS == 0, 64, LABELS - LABELS), "top1", groups=GROUPS)


def test_quality_is_that_of_single_characters() -> None:
    real = [one * SCALE for one in LOGITS]
    left = policy("margin", 1.0).answer(LOGITS).exits
    early, late, mix = qualities(real, LABELS, left, GROUPS)
    right = [one.reshape(300, GROUPS, CLASSES).argmax(axis=2) == TRUTH for one in LOGITS]
    assert (early.accuracy, late.accuracy) == (right[0].mean(), right[1].mean())
    assert mix.accuracy == np.where(left[:, None] == 0, right[0], right[1]).mean()
    (over,) = overthinking(real, LABELS, GROUPS)
    assert sum(over.needed) == int((~right[0] & right[1]).sum())
    assert sum(one.frames for one in early.classes) == 300 * GROUPS
