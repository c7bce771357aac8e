"""Constants of the decision, recomputed from their definition, equal the policy's; a changed one is named."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from toolkit.core.errors import VerificationMismatch
from toolkit.exits import ExitPolicy
from toolkit.exits.rules import EntropyRule, IntegerRule, MarginRule, Top1Rule
from toolkit.verify.structure.decision import constants, require_decision

ENDS = {
    "top1": (0.0, 0.1, 1 / 3, 0.959755, 1.0),
    "entropy": (0.0, 0.027, 0.9, math.log(3)),
    "margin": (0.0, 3.2, 2e7),
}


def policy(
    criterion: str, threshold: float, scale: float = 0.25, bits: int = 14, classes: int = 3
) -> ExitPolicy:
    return ExitPolicy(
        criterion=criterion, thresholds=(threshold,), scales=(scale,), classes=classes, fraction_bits=bits
    )


def logits(classes: int = 3, frames: int = 200) -> list[np.ndarray]:
    rng = np.random.default_rng(classes)
    return list(rng.integers(-9, 10, (2, frames, classes)))  # few values: ties are common


@pytest.mark.parametrize("criterion", ENDS)
@pytest.mark.parametrize("bits", [4, 8, 9, 14, 16])
@pytest.mark.parametrize("scale", [0.25, 0.0173, 3.0])
def test_equal(criterion: str, bits: int, scale: float) -> None:
    for threshold in ENDS[criterion]:
        made = policy(criterion, threshold, scale, bits)
        numbers = sum(1 if isinstance(v, int) else len(v) for v in constants(made.rules[0]).values())
        assert require_decision(made, logits()) == numbers + 1 + 2 * 200


@pytest.mark.parametrize(("criterion", "threshold"), [("top1", 0.6), ("entropy", 0.9), ("margin", 0.6)])
def test_equal_in_several_groups(criterion: str, threshold: float, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ExitPolicy(criterion=criterion, thresholds=(threshold,), scales=(0.25,), classes=3, groups=4)
    golden = logits(classes=12)
    assert require_decision(made, golden) > 2 * 200
    monkeypatch.setattr(ExitPolicy, "leaves", lambda self, k, rows: np.ones(len(rows), dtype=bool))
    with pytest.raises(VerificationMismatch, match=r"decision on frame \d+"):
        require_decision(made, golden)


def one_more(value: int | list[int], at: int) -> int | list[int]:
    if isinstance(value, int):
        return value + 1
    return [entry + (i == at % len(value)) for i, entry in enumerate(value)]


@pytest.mark.parametrize("at", [0, 5, -1])
@pytest.mark.parametrize(
    ("rule", "criterion", "name"),
    [
        *((Top1Rule, "top1", name) for name in ("exp_table", "sum_max", "logit_bits")),
        *((EntropyRule, "entropy", name) for name in ("weighted_table", "log_table", "octave_table")),
        (EntropyRule, "entropy", "threshold"),
        (MarginRule, "margin", "margin_min"),
    ],
)  # fmt: skip
def test_one_step_of_a_constant_is_named(
    rule: type[IntegerRule], criterion: str, name: str, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, original = policy(criterion, 0.5), rule.constants

    def changed(self: IntegerRule) -> dict[str, Any]:
        found = original(self)
        return found | {name: one_more(found[name], at)}

    monkeypatch.setattr(rule, "constants", changed)
    with pytest.raises(VerificationMismatch, match=f"{name} of exit 0"):
        require_decision(made, logits())


@pytest.mark.parametrize("factor", [0.999, 1.001])
def test_a_wrong_error_bound_is_named(factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    made = policy("entropy", 0.5)
    wrong = made.rules[0].score_bound * factor
    monkeypatch.setattr(EntropyRule, "score_bound", property(lambda self: wrong))
    with pytest.raises(VerificationMismatch, match=r"error bound of exit 0 \(entropy\)"):
        require_decision(made, logits())


def test_a_wrong_decision_and_the_wrong_class_among_equals_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    made, answer = policy("margin", 0.5), ExitPolicy.answer
    two = [np.array([[0, 9, 1], [1, 5, 5]]), np.array([[0, 0, 3], [7, 7, 2]])]
    assert require_decision(made, two)

    def last_among_equals(self: ExitPolicy, rows: list[np.ndarray]) -> Any:
        found = answer(self, rows)
        return type(found)(2 - np.argmax(found.logits[:, ::-1], axis=1), found.exits, found.logits)

    monkeypatch.setattr(ExitPolicy, "answer", last_among_equals)
    with pytest.raises(
        VerificationMismatch, match="decision on frame 1; expected exit 1, class 0; found exit 1, class 1"
    ):
        require_decision(made, two)
    monkeypatch.undo()
    monkeypatch.setattr(MarginRule, "_decide", lambda self, rows: np.ones(len(rows), bool))
    with pytest.raises(VerificationMismatch, match="decision on frame 1; expected exit 1"):
        require_decision(made, two)
