"""Stall patterns: the thresholds mean what the shares and bursts say."""

from __future__ import annotations

import random

import pytest

from toolkit.core.errors import BadOption, UnknownName
from toolkit.sim import PRESETS, StallPattern


@pytest.mark.parametrize(
    ("share", "burst"), [(0.3, None), (0.5, None), (0.3, 20.0), (0.8, 50.0), (0.05, 1.0)]
)
def test_long_run(share: float, burst: float | None) -> None:
    enter, stay = StallPattern(output_stall=share, burst=burst).thresholds(share)
    draw = random.Random(1)
    stalled, cycles, bursts, now = 0, 200_000, 0, False
    for _ in range(cycles):
        before, now = now, draw.getrandbits(32) < (stay if now else enter)
        stalled += now
        bursts += now and not before
    assert stalled / cycles == pytest.approx(share, rel=0.1)
    assert stalled / bursts == pytest.approx(burst or 1 / (1 - share), rel=0.1)


def test_no_stalls_draw_nothing() -> None:
    assert StallPattern().thresholds(0.0) == (0, 0)
    assert StallPattern(burst=5).thresholds(0.0) == (0, 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"input_idle": 1.0}, "input_idle; expected at least 0 and below 1; found 1.0"),
        ({"output_stall": -0.1}, "output_stall"),
        ({"inside": 2}, "inside"),
        ({"output_stall": 0.9, "burst": 2.0}, "at least 9 cycles; found 2.0"),
        ({"output_stall": 0.1, "burst": 0.5}, "at least 1 cycles"),
        ({"seed": -1}, "seed"),
        ({"hold": -1}, "hold"),
        ({"restart": -1}, "restart; expected at least 0; found -1"),
    ],
)
def test_impossible_patterns(arguments: dict, message: str) -> None:
    with pytest.raises(BadOption, match=message):
        StallPattern(**arguments)


def test_presets_by_name() -> None:
    assert StallPattern.named("both", seed=9) == StallPattern(0.3, 0.3, seed=9)
    assert StallPattern.named("none") == StallPattern() == PRESETS["none"]
    with pytest.raises(UnknownName, match=r"'stallde'.*Did you mean stalled"):
        StallPattern.named("stallde")
