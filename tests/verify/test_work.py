"""Work of simulations."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from toolkit.verify import work
from toolkit.verify.stalls import FRAMES, stall_frames


def accelerator(multipliers: int, cycles: int) -> Any:
    product = SimpleNamespace(attributes={"PE": multipliers, "SIMD": 1})
    others = [SimpleNamespace(attributes=attributes) for attributes in ({"PE": 3}, {"SIMD": 5}, {})]
    return SimpleNamespace(nodes=[product, *others], cycles=cycles)


@pytest.mark.parametrize(
    ("multipliers", "cycles", "frames"),
    [
        (450, 3_200, FRAMES),  # b_lenet_fcn
        (700, 16_384, 174),  # tw_smallcnn
        (730, 294_912, 9),  # c_alexnet_svhn
        (730, 3_000_000, work.LEAST_FRAMES),
        (0, 10, FRAMES),
    ],
)
def test_frames_under_stalls_get_fewer_with_size(multipliers: int, cycles: int, frames: int) -> None:
    large, small = accelerator(multipliers, cycles), accelerator(1, 1)
    assert stall_frames([small, large], 10_000) == frames
    assert stall_frames([large], 2) == 2
