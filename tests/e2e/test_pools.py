"""Pools that reach over the border, and segments that begin with a pool or a ReLU of a signed feature map."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from hw_models import QuantConfig
from hw_models.quantized import build_quantized
from hw_models.spec import Conv, Flatten, Linear, MaxPool, NetworkSpec, Relu
from tests.e2e.through_rtl import require_exact
from toolkit.export.export import export_graphs
from toolkit.sim import StallPattern, build
from toolkit.verify.directed.apart import Apart
from toolkit.verify.directed.arithmetic import linear_layers

pytestmark = pytest.mark.sim

BRANCH = NetworkSpec(
    "branch",
    (2, 7, 6),
    3,
    (
        (Conv(3, 3, padding=1),),
        (MaxPool(3, 2, padding=1, ceil=True), Conv(2, 2), MaxPool(2, ceil=True), Flatten(), Linear(4)),
        (Relu(), Linear(5)),
    ),
    (
        (MaxPool(2, ceil=True), Relu(), Conv(2, 3, padding=1), MaxPool(2, ceil=True), Flatten(), Linear(3)),
        (Relu(), Linear(3, bias=False)),
        (Linear(3),),
    ),
    (1.0, 1.0, 1.0),
)


@pytest.mark.parametrize("k", [0, 1, 2])
def test_exact_and_every_layer_driven(k: int, tmp_path: Path, simulators: Path) -> None:
    torch.manual_seed(1)
    graphs = export_graphs(
        build_quantized(BRANCH, QuantConfig(3, 3 + k, per_channel=k == 1)).eval(), tmp_path
    )
    maps = [graph.output.dtype for graph in graphs.segments.values() if not graph.part.is_head]
    assert maps == [f"INT{3 + k}"] * 3
    images = np.random.default_rng(0).integers(0, 256, (8, *BRANCH.input_shape))
    accelerator = require_exact(graphs, images, tmp_path, simulators, cycles=100, k=k)
    apart = Apart(accelerator, linear_layers(graphs), seed=3)
    simulator = build(accelerator.design(), cache_dir=simulators, cut=True, quick=True)
    run = apart.run(simulator, StallPattern.named("none"))
    assert apart.require(run, paced=True) > 0
    for layer in apart.coverage(run):
        for goal in layer.goals:
            assert goal.covered == goal.coverable > 0, (layer.node, goal)
