"""The rounding rule: thresholds equal the golden quantiser for every accumulator, ties included."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.compile.thresholds import GoldenQuantiser

BOUND = 1500


def counted(quantiser: GoldenQuantiser, thresholds: np.ndarray, acc: np.ndarray) -> np.ndarray:
    """What hardware computes: the smallest output plus the number of thresholds reached."""
    return quantiser.minimum + (acc[:, :, None] >= thresholds[:, None, :]).sum(axis=2)


def every_accumulator(channels: int) -> np.ndarray:
    return np.broadcast_to(np.arange(-BOUND, BOUND + 1), (channels, 2 * BOUND + 1))


@st.composite
def quantisers(draw: st.DrawFn) -> GoldenQuantiser:
    channels = draw(st.integers(1, 3))
    signed = draw(st.booleans())
    power = st.integers(-8, 0).map(lambda e: 2.0**e)
    scale = draw(st.one_of(power, st.floats(1e-3, 1.0)))
    steps = st.one_of(power, st.floats(1e-3, 1.0))
    acc_scale = np.array([draw(steps) for _ in range(channels)])
    bias = np.array([draw(st.integers(-400, 400)) for _ in range(channels)]) * acc_scale
    return GoldenQuantiser(
        name="q", acc_scale=acc_scale, bias=bias, relu=not signed, scale=scale, bits=draw(st.integers(2, 8)),
        signed=signed, narrow=draw(st.booleans()), rounding="ROUND", bound=BOUND,
    )  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(quantisers())
def test_thresholds_equal_the_quantiser_for_every_accumulator(quantiser: GoldenQuantiser) -> None:
    acc = every_accumulator(len(quantiser.acc_scale))
    np.testing.assert_array_equal(counted(quantiser, quantiser.thresholds(), acc), quantiser(acc))


@pytest.mark.parametrize("bits", range(2, 9))
@pytest.mark.parametrize("signed", [False, True])
def test_ties_go_to_even_where_finn_would_round_up(bits: int, signed: bool) -> None:
    quantiser = GoldenQuantiser(
        name="q", acc_scale=np.array([0.5]), bias=np.zeros(1), relu=not signed, scale=1.0, bits=bits,
        signed=signed, narrow=False, rounding="ROUND", bound=BOUND,
    )  # fmt: skip
    odd = np.arange(2 * quantiser.minimum + 1, 2 * quantiser.maximum, 2)[None, :]  # every tie in range
    half_up = np.floor(odd / 2 + 0.5).astype(np.int64)
    exact = counted(quantiser, quantiser.thresholds(), odd)
    np.testing.assert_array_equal(exact, np.rint(odd / 2))  # numpy rounds half to even
    assert (exact != half_up).any()


def test_a_threshold_off_by_one_is_noticed() -> None:
    quantiser = GoldenQuantiser(
        name="q", acc_scale=np.array([0.25]), bias=np.zeros(1), relu=True, scale=1.0, bits=4,
        signed=False, narrow=False, rounding="ROUND", bound=BOUND,
    )  # fmt: skip
    acc, thresholds = every_accumulator(1), quantiser.thresholds()
    for step in range(thresholds.shape[1]):
        broken = thresholds.copy()
        broken[0, step] += 1
        assert (counted(quantiser, broken, acc) != quantiser(acc)).sum() == 1


def test_a_step_out_of_reach_lies_beyond_the_bound() -> None:
    quantiser = GoldenQuantiser(
        name="q", acc_scale=np.array([1.0]), bias=np.zeros(1), relu=True, scale=1.0, bits=8,
        signed=False, narrow=False, rounding="ROUND", bound=10,
    )  # fmt: skip
    thresholds = quantiser.thresholds()
    assert (thresholds[0, :10] == np.arange(1, 11)).all()
    assert (thresholds[0, 10:] == 11).all()
    assert replace(quantiser, bound=300).thresholds()[0, -1] == 255
