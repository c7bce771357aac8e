"""Layers at the ends of their ranges are legal networks: through RTL they are exact."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from hw_models import QuantConfig
from hw_models.quantized import QuantConv, QuantEarlyExitNet, QuantLinear, build_quantized
from hw_models.spec import Conv, Flatten, Linear, NetworkSpec, Relu
from tests.e2e.through_rtl import require_exact
from toolkit.boards import board
from toolkit.compile import segment_candidates
from toolkit.core.topology import head, trunk
from toolkit.export.export import export_graphs
from toolkit.export.ranges import EXACT_LIMIT

FRAMES = 6
PIXEL = 2.0**-8
Layers = tuple[QuantConv, QuantLinear, float]


def network(
    quant: QuantConfig,
    *,
    shape: tuple[int, int, int] = (1, 4, 4),
    channels: int = 2,
    classes: int = 3,
    relu: bool = True,
    bias: bool = True,
    kernel: int = 3,
) -> QuantEarlyExitNet:
    torch.manual_seed(0)
    convolution = Conv(channels, kernel, padding=kernel // 2, bias=bias)
    spec = NetworkSpec(
        "edge",
        shape,
        classes,
        ((convolution, Relu()) if relu else (convolution,),),
        ((Flatten(), Linear(classes, bias=bias)),),
        (1.0,),
    )
    return build_quantized(spec, quant).eval()


@torch.no_grad()
def put(layer: QuantConv | QuantLinear, weights: object, biases: object = None, x: float = PIXEL) -> None:
    """Give a layer these integers as weights and biases; ``x``: scale of its input."""
    scale = layer.quant_weight().scale
    weight = torch.as_tensor(np.asarray(weights), dtype=torch.float32)
    layer.weight.copy_(weight.expand(layer.weight.shape) * scale)
    if biases is not None:
        steps = torch.as_tensor(np.asarray(biases), dtype=torch.float32)
        layer.bias.copy_((steps * scale.reshape(-1) * x).expand(layer.bias.shape))


def parts(net: QuantEarlyExitNet) -> Layers:
    """Convolution, classifier, and the scale of the feature map between them."""
    trunk, classifier = net.trunks[0], net.heads[0].linear0
    *_, act = trunk.children()
    return trunk.conv0, classifier, act.act_quant.scale().item()


def dead_head(bias: int | None) -> QuantEarlyExitNet:
    net = network(QuantConfig(), bias=bias is not None)
    put(parts(net)[1], 0, bias, parts(net)[2])
    return net


def all_dead() -> QuantEarlyExitNet:
    net = network(QuantConfig(), relu=False)
    for layer in parts(net)[:2]:
        put(layer, 0, 0)
    return net


def one_sided() -> QuantEarlyExitNet:
    """Weights of -1 and 0, and thresholds of -1 and 0: what two's complement could hold in one bit."""
    net, random = network(QuantConfig(4, 2), relu=False, bias=False), np.random.default_rng(1)
    for layer in parts(net)[:2]:
        put(layer, random.integers(-1, 1, layer.weight.shape))
    threshold = "trunks.0.quant0.act_quant.fused_activation_quant_proxy.tensor_quant.scaling_impl.value"
    with torch.no_grad():
        net.get_parameter(threshold).fill_(-20.0)
    return net


def single_weights() -> QuantEarlyExitNet:
    return network(QuantConfig(), shape=(1, 1, 1), channels=1, classes=1, kernel=1)


def equal(bits: int, conv: int, classifier: int) -> QuantEarlyExitNet:
    net = network(QuantConfig(bits, bits))
    put(parts(net)[0], conv)
    put(parts(net)[1], classifier)
    return net


def dead_channels() -> QuantEarlyExitNet:
    """Channels that are 0, always 0 or always the largest, and logits at both ends of the range."""
    net, random = network(QuantConfig(per_channel=True), channels=4), np.random.default_rng(2)
    conv, classifier, x = parts(net)
    weights = random.integers(-7, 8, conv.weight.shape)
    weights[1], weights[2], weights[3] = 0, 7, -7
    put(conv, weights, [0, 0, -(2**22), 2**22])
    signs = random.choice([-7, 7], classifier.weight.shape)
    edge = EXACT_LIMIT - 1 - 7 * 15 * signs.shape[1]
    put(classifier, signs, [edge, -edge, 0], x)
    return net


NETWORKS: dict[str, Callable[[], QuantEarlyExitNet]] = {
    "dead head": lambda: dead_head(5),
    "dead head without bias": lambda: dead_head(None),
    "all dead": all_dead,
    "one-sided": one_sided,
    "single weights": single_weights,
    "largest": lambda: equal(8, 127, -127),
    "smallest": lambda: equal(2, -1, 1),
    "dead channels": dead_channels,
}


def images(shape: tuple[int, int, int]) -> np.ndarray:
    """Noise; the first frame is black, the second white."""
    found = np.random.default_rng(0).integers(0, 256, (FRAMES, *shape))
    found[0], found[1] = 0, 255
    return found


@pytest.mark.sim
@pytest.mark.parametrize("name", NETWORKS)
def test_exact_through_rtl(name: str, tmp_path: Path, simulators: Path) -> None:
    net = NETWORKS[name]()
    graphs = export_graphs(net, tmp_path / "graphs")
    require_exact(graphs, images(net.spec.input_shape), tmp_path, simulators, seed=3)


@pytest.mark.parametrize("name", ["all dead", "one-sided", "single weights"])
def test_foldings_can_be_listed_for_every_family(name: str, tmp_path: Path) -> None:
    graphs = export_graphs(NETWORKS[name](), tmp_path)
    for on in (board("ulx3s-85f"), board("zc706"), board("arty-a7-35t")):
        for graph in (graphs.segments[trunk(0)], graphs.segments[head(0)]):
            units = segment_candidates(graph, on)
            assert all(option.cycles >= 1 for unit in units for option in unit.candidates)
