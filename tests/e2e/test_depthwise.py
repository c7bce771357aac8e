"""Depthwise and pointwise convolutions through RTL: exact, every part driven, every constant read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from hw_models import BatchNorm, Conv, Flatten, Linear, MaxPool, NetworkSpec, QuantConfig, Relu
from hw_models.network import PIXEL_SCALE
from hw_models.quantized import build_quantized
from tests.e2e.through_rtl import require_exact
from tests.export.networks import disturbed
from toolkit.boards import board
from toolkit.compile import segment_candidates
from toolkit.core.errors import VerificationMismatch
from toolkit.core.topology import trunk
from toolkit.export.export import export_graphs
from toolkit.sim import StallPattern, build
from toolkit.verify.directed.apart import Apart
from toolkit.verify.directed.arithmetic import linear_layers
from toolkit.verify.mutants.images import bit_flips
from toolkit.verify.structure import require_structure

pytestmark = pytest.mark.sim


def separable(channels: int, kernel: tuple[int, int], stride: tuple[int, int] | int = 1) -> NetworkSpec:
    """A depthwise convolution behind an ordinary one, then a strided pointwise one, then a depthwise one."""
    padding = (kernel[0] // 2, kernel[1] // 2)
    depthwise = Conv(channels, kernel, padding, stride, bias=False, groups=channels)
    return NetworkSpec(
        "separable",
        (2, 6, 5),
        3,
        (
            (
                *(Conv(channels, (1, 2)), Relu(), depthwise, BatchNorm(), Conv(4, 1, stride=(1, 2)), Relu()),
                *(Conv(4, (2, 1), groups=4), MaxPool((2, 1))),
            ),
        ),
        ((Flatten(), Linear(3)),),
        (1.0,),
    )


CASES: dict[str, tuple[NetworkSpec, QuantConfig, int]] = {
    "folded": (separable(6, (3, 3)), QuantConfig(4, 4), 700),
    "channels at once": (separable(3, (3, 2), (2, 1)), QuantConfig(3, 2, per_channel=True), 130),
    "taps at once": (separable(2, (2, 3)), QuantConfig(8, 5), 35),
}


@pytest.mark.parametrize("name", CASES)
def test_exact_and_every_layer_driven(name: str, tmp_path: Path, simulators: Path) -> None:
    spec, quant, cycles = CASES[name]
    torch.manual_seed(len(name))
    net = build_quantized(spec, quant).eval()
    disturbed(net)
    images = np.random.default_rng(0).integers(0, 256, (6, *spec.input_shape))
    net.calibrate(torch.from_numpy(images).float() * PIXEL_SCALE)
    graphs = export_graphs(net, tmp_path)
    accelerator = require_exact(graphs, images, tmp_path, simulators, cycles=cycles)
    nodes = [node for node in accelerator.nodes if node.kind == "depthwise"]
    assert [node.layer for node in nodes] == ["trunk0.conv1", "trunk0.conv3"]
    pe, lanes = (nodes[0].attributes[what] for what in ("PE", "SIMD"))
    assert {"folded": pe < 6, "channels at once": pe == lanes == 3, "taps at once": lanes > pe}[name]
    apart = Apart(accelerator, linear_layers(graphs), seed=3)
    simulator = build(accelerator.design(), cache_dir=simulators, cut=True, quick=True)
    run = apart.run(simulator, StallPattern.named("none"))
    assert apart.require(run, paced=True) > 0
    for layer in apart.coverage(run):
        for goal in layer.goals:
            assert goal.covered == goal.coverable > 0, (layer.node, goal)


def test_a_bit_of_the_weights_that_is_turned_is_found(tmp_path: Path, simulators: Path) -> None:
    spec, quant, cycles = CASES["folded"]
    torch.manual_seed(0)
    graphs = export_graphs(build_quantized(spec, quant).eval(), tmp_path)
    images = np.random.default_rng(0).integers(0, 256, (2, *spec.input_shape))
    accelerator = require_exact(graphs, images, tmp_path, simulators, cycles=cycles)
    flips = bit_flips(accelerator, "weight", 30, np.random.default_rng(0))
    flip = next(one for one in flips if "depthwise" in one.image)
    data = accelerator.path / "data"
    flip.apply(data.rename(data.with_name("kept")), data)
    with pytest.raises(VerificationMismatch, match=r"depthwise .*weight of channel \d, tap \d"):
        require_structure(graphs, [accelerator])


@pytest.mark.parametrize(("on", "variants"), [("ulx3s-85f", {"dsp", "lut"}), ("zc706", {None})])
def test_foldings_have_estimates(on: str, variants: set[object], tmp_path: Path) -> None:
    graphs = export_graphs(build_quantized(CASES["folded"][0], QuantConfig()).eval(), tmp_path)
    units = segment_candidates(graphs.segments[trunk(0)], board(on))
    made: set[object] = set()
    for option in next(unit for unit in units if "Depthwise" in unit.name).candidates:
        own = dict(option.attributes[-1])
        assert (54 // int(own["SIMD"])) * 24 <= option.cycles
        if own.get("resType") != "lut":
            assert option.resources.dsp == own["SIMD"]
        made.add(own.get("resType"))
    assert made == variants
