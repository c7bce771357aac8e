"""Integer rules against arbitrary precision: tables entry by entry, decisions within their proven bound."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from tests.exits import circuit
from toolkit.core.errors import BadOption, DataError, RangeExceeded, UnknownName
from toolkit.exits import CRITERIA, IntegerRule, integer_rule, tables
from toolkit.exits.tables import exp_table, log_table, octave_table, weighted_table

mp.dps = 60
SLOW_TABLES = settings(deadline=None, max_examples=150)

SCALES = st.one_of(
    st.integers(-7, 2).map(lambda e: 2.0**e), st.floats(1 / 128, 4), st.sampled_from([0.1, 0.3, 1 / 3])
)
CRITERION = st.sampled_from(sorted(CRITERIA))
FRACTION = st.integers(4, 16)


@st.composite
def frames(draw: st.DrawFn, rows: int = 4) -> np.ndarray:
    """Logits [rows, C]: near ties, saturated frames and everything between."""
    classes = draw(st.one_of(st.integers(2, 12), st.sampled_from([16, 33, 64, 100])))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    spread = draw(st.sampled_from([0, 1, 4, 30, 300, 5000]))
    return generator.integers(-spread, spread + 1, (rows, classes))


def exact_score(name: str, logits: np.ndarray, scale: float) -> mpf:
    """Score of one frame in 60 digits."""
    ranked = sorted((int(logit) for logit in logits), reverse=True)
    if name == "margin":
        return (ranked[0] - ranked[1]) * mpf(scale)
    parts = [mp.exp((logit - ranked[0]) * mpf(scale)) for logit in ranked]
    total = mp.fsum(parts)
    if name == "top1":
        return 1 / total
    return -mp.fsum(part / total * mp.log(part / total) for part in parts)


def leaves_by_score(name: str, score: mpf, threshold: float) -> bool:
    return bool(score <= mpf(threshold) if name == "entropy" else score >= mpf(threshold))


def clip(name: str, threshold: float, classes: int) -> float:
    return min(max(threshold, 0.0), CRITERIA[name].highest(classes))


@SLOW_TABLES
@given(CRITERION, frames(), SCALES, FRACTION, st.floats(0, 1), st.floats(-4, 4))
def test_decisions_are_those_of_the_exact_score_but_within_the_bound(
    name: str, logits: np.ndarray, scale: float, bits: int, where: float, offset: float
) -> None:
    """Thresholds anywhere, and a few bounds away from a frame's own score, where it matters."""
    classes = logits.shape[1]
    top = CRITERIA[name].highest(classes) if name != "margin" else 100.0
    scores = [exact_score(name, frame, scale) for frame in logits]
    bound = integer_rule(
        name, clip(name, float(scores[0]), classes), scale, classes, fraction_bits=bits
    ).score_bound
    near = clip(name, float(scores[0]) + offset * max(bound, scale / 8), classes)
    for threshold in (where * top, near):
        rule = integer_rule(name, threshold, scale, classes, fraction_bits=bits)
        for score, leaves in zip(scores, rule.leaves(logits).tolist(), strict=True):
            if abs(score - mpf(threshold)) > rule.score_bound:
                assert leaves == leaves_by_score(name, score, threshold)
        real = CRITERIA[name].score(logits * scale)
        floating = CRITERIA[name].leaves(logits * scale, threshold)
        differ = rule.leaves(logits) != floating
        assert (np.abs(real - threshold)[differ] <= rule.score_bound).all()


@SLOW_TABLES
@given(CRITERION, frames(), SCALES, FRACTION, st.floats(0, 1))
def test_the_constants_are_all_that_a_circuit_needs(
    name: str, logits: np.ndarray, scale: float, bits: int, where: float
) -> None:
    top = CRITERIA[name].highest(logits.shape[1]) if name != "margin" else 50 * scale
    rule = integer_rule(name, where * top, scale, logits.shape[1], fraction_bits=bits)
    expected = [circuit.leaves(name, rule.constants(), frame) for frame in logits.tolist()]
    assert rule.leaves(logits).tolist() == expected


@SLOW_TABLES
@given(CRITERION, frames(), SCALES, FRACTION, st.floats(0, 1), st.floats(0, 1), st.integers(0, 2**32))
def test_a_bolder_threshold_lets_more_leave_and_the_order_of_classes_is_nothing(
    name: str, logits: np.ndarray, scale: float, bits: int, one: float, other: float, seed: int
) -> None:
    classes = logits.shape[1]
    top = CRITERIA[name].highest(classes) if name != "margin" else 50 * scale
    thresholds = sorted((one * top, other * top), reverse=CRITERIA[name].sign == ">=")
    safe, bold = (
        integer_rule(name, t, scale, classes, fraction_bits=bits).leaves(logits) for t in thresholds
    )
    assert not (safe & ~bold).any()
    permuted = np.random.default_rng(seed).permuted(logits, axis=1)
    rule = integer_rule(name, thresholds[0], scale, classes, fraction_bits=bits)
    assert (rule.leaves(permuted) == safe).all()


@given(CRITERION, frames(), SCALES, FRACTION)
@settings(deadline=None, max_examples=60)
def test_none_leave_at_the_safest_threshold_and_all_at_the_boldest(
    name: str, logits: np.ndarray, scale: float, bits: int
) -> None:
    classes, criterion = logits.shape[1], CRITERIA[name]
    boldest = math.log(classes) if name == "entropy" else 0.0
    assert (
        not integer_rule(name, criterion.safest(scale), scale, classes, fraction_bits=bits)
        .leaves(logits)
        .any()
    )
    assert integer_rule(name, boldest, scale, classes, fraction_bits=bits).leaves(logits).all()
    if name == "top1":
        assert integer_rule(name, 1 / (classes + 1), scale, classes, fraction_bits=bits).leaves(logits).all()


@given(st.integers(0, 1000), SCALES, st.integers(-1, 1))
@example(3, 0.1, 0)
def test_margins_are_exact_at_multiples_of_the_scale(steps: int, scale: float, ulps: int) -> None:
    """At, just below and just above the real margin of a frame: rational arithmetic decides."""
    product = steps * scale
    threshold = product if ulps == 0 else math.nextafter(product, math.inf * ulps)
    assume(threshold >= 0)
    rule = integer_rule("margin", threshold, scale, 3)
    assert bool(rule.leaves([[steps, 0, -5]])[0]) == (steps * Fraction(scale) >= Fraction(threshold))


def test_ties_of_the_best_logit() -> None:
    tied = [[7, 7, 0], [7, 7, 7]]
    assert integer_rule("margin", 0.001, 0.5, 3).leaves(tied).tolist() == [False, False]
    assert integer_rule("top1", 0.5, 0.5, 3).leaves(tied).tolist() == [False, False]
    assert integer_rule("top1", 0.49, 0.5, 3).leaves(tied).tolist() == [True, False]
    assert integer_rule("entropy", math.log(2) + 0.1, 0.5, 3).leaves(tied).tolist() == [True, False]


def test_a_sum_at_the_constant_leaves_and_the_next_does_not() -> None:
    """Two logits a step apart: S = 2^F + T[1]; floor(2^F / t) is S, then S - 1."""
    total = 4096 + int(exp_table(0.25, 12, 1 << 25)[1])
    at, below = 4096 / (total + 0.5), 4096 / (total - 0.5)
    assert integer_rule("top1", at, 0.25, 2, fraction_bits=12).leaves([[1, 0]]).tolist() == [True]
    assert integer_rule("top1", below, 0.25, 2, fraction_bits=12).leaves([[1, 0]]).tolist() == [False]


@pytest.mark.parametrize("bits", [4, 8, 12])
@pytest.mark.parametrize("scale", [2**-6, 0.1, 1.0, 3.7])
def test_tables_are_rounded_to_nearest(bits: int, scale: float) -> None:
    one = 1 << bits
    for table, value in (
        (exp_table(scale, bits, 1 << 15), lambda x: mp.exp(-x)),
        (weighted_table(scale, bits, 1 << 15), lambda x: x * mp.exp(-x)),
    ):
        exact = [value(d * mpf(scale)) * one for d in range(len(table) + 200)]
        padded = table.tolist() + [0] * 200
        assert all(abs(entry - real) < mpf("0.5") for entry, real in zip(padded, exact, strict=True))
    assert all(
        abs(entry - mp.log(1 + mpf(i) / 16) * one) < mpf("0.5")
        for i, entry in enumerate(log_table(bits, 4).tolist())
    )
    assert all(
        abs(entry - k * mp.log(2) * one) < mpf("0.5")
        for k, entry in enumerate(octave_table(bits, 7).tolist())
    )


def test_a_declared_width_shortens_the_tables_and_changes_nothing() -> None:
    wide, narrow = (integer_rule("entropy", 0.9, 2**-6, 10, logit_bits=bits) for bits in (None, 6))
    logits = np.random.default_rng(0).integers(-32, 32, (500, 10))
    assert len(narrow.constants()["exp_table"]) == 64 < len(wide.constants()["exp_table"])  # type: ignore[arg-type]
    assert (narrow.leaves(logits) == wide.leaves(logits)).all()
    assert integer_rule("margin", 1e9, 1.0, 3, logit_bits=6).constants() == {
        "logit_bits": 6,
        "margin_min": 64,
    }


@pytest.mark.parametrize(("name", "threshold"), [("top1", 0.9), ("entropy", 0.3)])
def test_the_bound_halves_with_each_bit_and_is_not_loose(name: str, threshold: float) -> None:
    """The worst frames of many come to a good part of the bound; a bound of nothing would not be reached."""
    rules = [integer_rule(name, threshold, 2**-6, 10, fraction_bits=bits) for bits in (6, 8)]
    assert rules[0].score_bound == pytest.approx(4 * rules[1].score_bound, rel=0.1)
    logits = np.random.default_rng(0).integers(-700, 1, (200_000, 10))
    logits[:, 0] = 0
    distance = np.abs(CRITERIA[name].score(logits / 64) - threshold)
    differ = rules[0].leaves(logits) != CRITERIA[name].leaves(logits / 64, threshold)
    assert rules[0].score_bound / 20 < distance[differ].max() <= rules[0].score_bound


def test_a_near_tie_is_decided_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    """With everything doubtful, every entry comes from the decimal arithmetic: the same table."""
    names = ((exp_table, (0.1, 8, 1 << 25)), (weighted_table, (0.1, 8, 1 << 25)), (log_table, (12, 8)))
    fast = [table(*arguments).tolist() for table, arguments in names]
    monkeypatch.setattr(tables, "_DOUBT", 1.0)
    assert [table.__wrapped__(*arguments).tolist() for table, arguments in names] == fast


def test_the_widest_tables_agree_too() -> None:
    logits = np.random.default_rng(0).integers(-1000, 1000, (3000, 10))
    for name, threshold in (("top1", 0.9), ("entropy", 0.3)):
        rule = integer_rule(name, threshold, 2**-7, 10, fraction_bits=16)
        real = logits / 128
        differ = rule.leaves(logits) != CRITERIA[name].leaves(real, threshold)
        assert (np.abs(CRITERIA[name].score(real) - threshold)[differ] <= rule.score_bound).all()
        assert rule.score_bound < 2e-4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"threshold": 1.5}, "threshold of top1"),
        ({"threshold": math.nan}, "threshold of top1"),
        ({"scale": 0.0}, "logit scale"),
        ({"scale": math.nan}, "logit scale"),
        ({"scale": math.inf}, "logit scale"),
        ({"scale": 1e-7}, "tables of at most 65536 entries"),
        ({"classes": 1}, "classes of an exit"),
        ({"fraction_bits": 17}, "fraction bits"),
        ({"fraction_bits": 3}, "fraction bits"),
        ({"logit_bits": 26}, "logit bits"),
    ],
)
def test_bad_arguments(change: dict[str, object], message: str) -> None:
    arguments = {"criterion_name": "top1", "threshold": 0.9, "scale": 0.1, "classes": 3} | change
    with pytest.raises(BadOption, match=message):
        integer_rule(**arguments)  # type: ignore[arg-type]


def test_an_unknown_criterion() -> None:
    with pytest.raises(UnknownName, match="unknown criterion 'top2'"):
        integer_rule("top2", 0.9, 0.1, 3)


@pytest.fixture
def rule() -> IntegerRule:
    return integer_rule("top1", 0.9, 0.1, 3, logit_bits=8)


def test_logits_must_fit_their_width(rule: IntegerRule) -> None:
    assert rule.leaves([[127, -128, 0]]).tolist() == [True]
    for value in (128, -129):
        with pytest.raises(RangeExceeded, match="logits of 8 bits; expected -128 to 127"):
            rule.leaves([[0, value, 0]])
    with pytest.raises(RangeExceeded, match="logits of 25 bits"):
        integer_rule("margin", 1, 0.1, 2).leaves(np.array([[1 << 63, 0]], dtype=np.uint64))


@pytest.mark.parametrize("logits", [[[1.0, 2.0, 3.0]], [[1, 2]], [1, 2, 3], [[[1, 2, 3]]]])
def test_logits_of_another_kind(rule: IntegerRule, logits: list[object]) -> None:
    with pytest.raises(DataError, match="logits; expected"):
        rule.leaves(logits)  # type: ignore[arg-type]


def test_no_frames_are_no_decisions(rule: IntegerRule) -> None:
    assert rule.leaves(np.zeros((0, 3), dtype=np.int8)).tolist() == []
