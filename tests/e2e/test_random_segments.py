"""Random linear segments through export, compilation, simulation and verification: all exactly equal.

``pytest tests/e2e/test_random_segments.py --segments 60 --segment-seed 0`` tries sixty; the seed of a failure
is in the test's name.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from hw_models import QuantConfig
from hw_models.quantized import build_quantized
from hw_models.spec import Conv, Flatten, Layer, Linear, MaxPool, NetworkSpec, Relu
from tests.e2e.through_rtl import require_exact
from toolkit.core.errors import RangeExceeded
from toolkit.export import ExitGraphs
from toolkit.export.export import export_graphs

pytestmark = pytest.mark.sim
FRAMES = 6


class Draw:
    """Random layers that fit each other."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.shape = (self.between(1, 4), self.between(4, 9), self.between(4, 9))

    def between(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high + 1))

    def coin(self) -> bool:
        return bool(self.rng.integers(2))

    def pair(self, low: int, high: int) -> tuple[int, int]:
        return self.between(low, high), self.between(low, high)

    def conv(self) -> list[Layer]:
        kernel = self.pair(1, 3)  # at most 3 of at least 4 pixels: the first one always fits
        stride = (self.between(1, min(2, kernel[0])), self.between(1, min(2, kernel[1])))
        layers: list[Layer] = [Conv(self.between(1, 6), kernel, self.pair(0, 1), stride, bias=self.coin())]
        return layers + self.activation()

    def activation(self) -> list[Layer]:
        return [Relu()] if self.coin() else []

    def pool(self) -> list[Layer]:
        kernel = self.pair(2, 3)
        return [MaxPool(kernel, (self.between(1, kernel[0]), self.between(1, kernel[1])))]

    def trunk(self) -> tuple[Layer, ...]:
        layers: list[Layer] = []
        shape: tuple[int, ...] = self.shape
        for make in (self.conv, self.pool, self.conv) if self.coin() else (self.conv, self.pool):
            if min(shape[1:]) < 3:  # room for any window
                break
            added = make()
            after = shape
            for layer in added:
                after = layer.output_shape(after)
            layers += added
            shape = after
        return tuple(layers)

    def head(self) -> tuple[Layer, ...]:
        hidden: list[Layer] = [Linear(self.between(2, 12)), *self.activation()] if self.coin() else []
        return (Flatten(), *hidden, Linear(3, bias=self.coin()))

    def spec(self) -> NetworkSpec:
        return NetworkSpec("random", self.shape, 3, (self.trunk(),), (self.head(),), (1.0,))

    def quant(self) -> QuantConfig:
        bits = [self.between(2, 8) for _ in range(4)]
        return QuantConfig(bits[0], bits[1], bits[2], bits[3], per_channel=self.coin())


def exported(draw: Draw, out: Path) -> ExitGraphs:
    """A random network whose accumulators stay in the range of the numeric contract."""
    while True:
        try:
            return export_graphs(build_quantized(draw.spec(), draw.quant()), out)
        except RangeExceeded:
            draw = Draw(int(draw.rng.integers(2**32)))


def test_random_segment(
    segment_seed: int, tmp_path: Path, simulators: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = Draw(segment_seed)
    if segment_seed % 5 == 4:  # as if every window were too large for our generator: FINN+'s is used
        monkeypatch.setattr("toolkit.compile.hardware.LARGEST_WINDOW", 0)
    torch.manual_seed(segment_seed)
    graphs = exported(draw, tmp_path / "graphs")
    cycles = int(draw.rng.choice([20, 100, 500, 5000]))
    depths = [draw.between(2, 9) for _ in range(40)]
    images = draw.rng.integers(0, 256, (FRAMES, *graphs.paths[0].input.shape[1:]))
    require_exact(
        graphs,
        images,
        tmp_path,
        simulators,
        cycles=cycles,
        depths=lambda count: depths[:count],
        seed=segment_seed + 1,
    )
