"""Random linear segments through export, compilation, simulation and verification: all exactly equal.

``pytest tests/e2e/test_random_segments.py --segments 60 --segment-seed 0`` tries sixty; the seed of a failure
is in the test's name.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch

from hw_models import QuantConfig
from hw_models.quantized import build_quantized
from hw_models.spec import BatchNorm, Conv, Flatten, Layer, Linear, MaxPool, NetworkSpec, Relu, Shape, pair
from tests.e2e.through_rtl import require_exact
from tests.export.networks import disturbed
from toolkit import families
from toolkit.core.errors import RangeExceeded
from toolkit.export import ExitGraphs
from toolkit.export.export import export_graphs

pytestmark = pytest.mark.sim
FRAMES = 6


class Draw:
    """Random layers that fit each other, often at the edges of what a description accepts."""

    def __init__(self, seed: int) -> None:
        self.rng, self.border = np.random.default_rng(seed), np.random.default_rng([seed, 1])
        self.image = (self.between(1, 4), self.extent(), self.extent())

    def between(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high + 1))

    def coin(self) -> bool:
        return bool(self.rng.integers(2))

    def rarely(self) -> bool:
        return not self.rng.integers(4)

    def extent(self) -> int:
        return self.between(1, 2) if self.rarely() else self.between(3, 9)

    def kernel(self, size: int) -> int:
        """Of an axis: usually small, at times as large as what it moves over."""
        return size if self.rarely() else self.between(1, min(3, size))

    def stride(self, kernel: int) -> int:
        return self.between(1, 6) if self.rarely() else self.between(1, min(2, kernel))

    def conv(self, shape: Shape) -> list[Layer]:
        padding = [self.between(0, 5 if self.rarely() else 1) for _ in shape[1:]]
        kernel = [self.kernel(size + 2 * pad) for size, pad in zip(shape[1:], padding, strict=True)]
        stride = [self.stride(k) for k in kernel]
        conv = Conv(self.between(1, 6), pair(kernel), pair(padding), pair(stride), bias=self.coin())
        if self.border.integers(3) == 0:
            conv = replace(conv, out_channels=shape[0], groups=shape[0])  # depthwise
        return [conv, *self.norm(), *self.activation()]

    def norm(self) -> list[Layer]:
        return [BatchNorm()] if self.border.integers(2) else []

    def activation(self) -> list[Layer]:
        return [Relu()] if self.coin() else []

    def pool(self, shape: Shape) -> list[Layer]:
        kernel = [self.kernel(size) for size in shape[1:]]
        stride = [self.stride(k) for k in kernel]
        padding = [int(self.border.integers(k // 2 + 1)) for k in kernel]
        plain = self.border.integers(3) == 0
        return [MaxPool(pair(kernel), pair(stride), 0 if plain else pair(padding), ceil=not plain)]

    def trunk(self) -> tuple[Layer, ...]:
        layers: list[Layer] = []
        shape: Shape = self.image
        kinds = [self.conv, self.pool, self.conv] if self.coin() else [self.conv, self.pool]
        if self.rarely():
            kinds.insert(0, self.pool)
        for make in kinds:
            added = make(shape)
            layers += added
            shape = added[0].output_shape(shape)
        return tuple(layers)

    def head(self, shape: Shape) -> tuple[Layer, ...]:
        first = [*(self.pool(shape) if self.rarely() else []), *([Relu()] if self.border.integers(2) else [])]
        hidden: list[Layer] = [Linear(self.between(1, 12)), *self.activation()] if self.coin() else []
        return (*first, Flatten(), *hidden, Linear(3, bias=self.coin()))

    def spec(self) -> NetworkSpec:
        trunk, shape = self.trunk(), tuple(self.image)
        for layer in trunk:
            shape = layer.output_shape(shape)
        return NetworkSpec("random", self.image, 3, (trunk,), (self.head(shape),), (1.0,))

    def quant(self) -> QuantConfig:
        bits = [self.between(2, 8) for _ in range(4)]
        scaling: Literal["po2", "float"] = "float" if self.rarely() else "po2"
        return QuantConfig(*bits, per_channel=self.coin(), scaling=scaling)


def exported(draw: Draw, out: Path) -> ExitGraphs:
    """A random network whose accumulators stay in the range of the numeric contract."""
    while True:
        try:
            net = build_quantized(draw.spec(), draw.quant()).eval()
            disturbed(net)
            return export_graphs(net, out)
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
        part=families.family(("zynqmp", "xc7")[segment_seed % 2]).finn_part,
    )
