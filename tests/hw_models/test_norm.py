"""Batch normalisation: folded into the layer before it, in training and exactly at export."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hw_models import (
    BatchNorm,
    Conv,
    Flatten,
    Linear,
    MaxPool,
    NetworkSpec,
    QuantConfig,
    Relu,
    segment_parameters,
)
from hw_models.floating import build_float
from hw_models.lowering import lower, modules_of
from hw_models.network import PIXEL_SCALE
from hw_models.quantized import FoldedNorm, QuantEarlyExitNet, build_quantized
from tests.export.networks import disturbed
from toolkit.core.errors import BadOption
from toolkit.core.topology import head, trunk
from toolkit.export.export import export_graphs
from toolkit.export.frozen import FrozenLayer, freeze
from toolkit.verify.golden import Golden

TRUNK = (Conv(6, 3, bias=False), BatchNorm(eps=2.0**-8), MaxPool(2), Relu())
NET = NetworkSpec(
    "normed",
    (2, 8, 8),
    3,
    (TRUNK, (Conv(5, 2), BatchNorm(), Flatten(), Linear(7), BatchNorm(affine=False), Relu())),
    ((Flatten(), Linear(3)), (Linear(3),)),
    (1.0, 1.0),
)


def images(n: int = 40, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, *NET.input_shape), dtype=np.uint8)


def reals(pixels: np.ndarray) -> Tensor:
    return torch.from_numpy(pixels).float() * PIXEL_SCALE


def normed(quant: QuantConfig = QuantConfig()) -> QuantEarlyExitNet:  # noqa: B008  (it is frozen)
    """With statistics, and factors of both signs."""
    torch.manual_seed(0)
    net = build_quantized(NET, quant).eval()
    disturbed(net)
    net.calibrate(reals(images()))
    return net


def test_a_norm_is_part_of_the_layer_before_it() -> None:
    operations = lower(NET)[trunk(1)]
    assert [one.name.partition(".")[2] for one in operations] == [
        *("conv0", "quant0", "flatten0", "linear0", "relu0")
    ]
    assert [one.norm.name if one.norm else None for one in operations if one.kind == "weight"] == [
        *("trunk1.norm0", "trunk1.norm1")
    ]
    paths = modules_of(NET)
    assert paths["trunk1.norm1"] == "trunks.1.linear0.norm"
    for net in (build_float(NET), build_quantized(NET)):
        norms = [net.get_submodule(path) for name, path in paths.items() if ".norm" in name]
        assert all("running_mean" in dict(norm.named_buffers()) for norm in norms)
    assert segment_parameters(NET)[trunk(0)] == 6 * 2 * 9 + 2 * 6
    assert set(build_float(NET).state_dict()) <= set(build_quantized(NET).state_dict())


@pytest.mark.parametrize(
    ("trunk_layers", "words"),
    [
        ((BatchNorm(), Conv(2, 3)), "layer trunk0.norm0; .* directly before it, in its segment; found none"),
        ((Conv(2, 3), Relu(), BatchNorm()), "trunk0.norm0; .*found relu"),
        ((Conv(2, 3), BatchNorm(), BatchNorm()), "trunk0.norm1; .*found norm"),
        ((Conv(2, 3), BatchNorm(eps=0.0)), "trunk0.norm0: eps .*; expected a finite number above 0; found 0"),
        ((Conv(2, 3), BatchNorm(momentum=2.0)), "trunk0.norm0: momentum .*above 0, up to 1"),
    ],
)
def test_norms_that_cannot_be_folded_are_refused_by_name(trunk_layers: tuple, words: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(BadOption, match=words):
        NetworkSpec("net", (1, 8, 8), 3, (trunk_layers,), ((Flatten(), Linear(3)),), (1.0,))


def test_the_float_network_is_that_of_pytorch() -> None:
    torch.manual_seed(0)
    net = build_float(NET)
    norm = nn.BatchNorm2d(6, eps=2.0**-8)
    plain = nn.Sequential(nn.Conv2d(2, 6, 3, bias=False), norm, nn.MaxPool2d(2), nn.ReLU())
    plain[0].load_state_dict({"weight": net.trunks[0].conv0.weight})
    last = net.heads[0].linear0
    x = reals(images())
    for training in (True, False):
        net.train(training)
        plain.train(training)
        features = plain(x).flatten(1)
        expected = torch.nn.functional.linear(features, last.weight, last.bias)
        torch.testing.assert_close(net(x)[0], expected)


def unfolded(net: QuantEarlyExitNet, layer: FrozenLayer, x: Tensor) -> Tensor:
    """Convolution, batch normalisation and quantiser one after the other, real and in float64.

    The convolution has the weights that give the quantised ones when they are multiplied by the factor of
    their channel, and the normalisation's summand lies on the accumulator's grid.
    """
    conv, act = net.trunks[0].conv0, net.trunks[0].relu0.act_quant
    norm = nn.BatchNorm2d(6, eps=conv.norm.eps).double().eval()
    norm.load_state_dict(conv.norm.state_dict())
    factor = norm.weight / (norm.running_var + norm.eps).sqrt()
    values, bias = (torch.from_numpy(one).double() for one in (layer.weight_values(), layer.bias_values()))
    with torch.no_grad():
        norm.bias.copy_(bias + norm.running_mean * factor)
        y = norm(nn.functional.conv2d(x.double(), values / factor.reshape(-1, 1, 1, 1)))
        steps = y.clamp_min(0) / act.scale().double()
    return nn.functional.max_pool2d(steps.clamp(0, 2 ** int(act.bit_width()) - 1), 2)


@pytest.mark.parametrize("config", [QuantConfig(), QuantConfig(3, 6), QuantConfig(8, 2)], ids=QuantConfig.key)
def test_golden_is_the_unfolded_evaluation(config: QuantConfig, tmp_path: Path) -> None:
    net = normed(config)
    gamma = net.trunks[0].conv0.norm.weight
    assert bool((gamma < 0).any())
    assert bool((gamma > 0).any())
    graphs, layer = export_graphs(net, tmp_path), freeze(net)[trunk(0)].layers[0]
    golden = Golden(graphs.segments[trunk(0)]).run(images())
    real = unfolded(net, layer, reals(images())).detach().numpy()
    assert 0 < golden.mean() < 2**config.act_bits - 1
    # float64 rounds quotients of factors, so a tie between two steps may fall to either side
    tie = np.abs(real - np.floor(real) - 0.5) < 1e-9
    assert np.array_equal(np.rint(real)[~tie], golden[~tie])
    assert np.all(np.abs(real - golden)[tie] < 0.5 + 1e-9)


def test_factors_that_are_powers_of_two_leave_no_tie_open(tmp_path: Path) -> None:
    net = normed()
    conv = net.trunks[0].conv0
    with torch.no_grad():  # factors of 1, -1, 2, ...; weights on a grid so coarse that they stay as they are
        conv.norm.running_var.fill_(0.25 - conv.norm.eps)
        conv.norm.weight.copy_(torch.tensor([0.5, -0.5, 1.0, -1.0, 0.25, -0.25]))
        conv.norm.running_mean.copy_((conv.norm.running_mean * 8).round() / 8)
        conv.weight.copy_((conv.weight * 8).round() / 8)
    net.calibrate(reals(images()))
    layer = freeze(net)[trunk(0)].layers[0]
    golden = Golden(export_graphs(net, tmp_path).segments[trunk(0)]).run(images())
    real = unfolded(net, layer, reals(images())).detach().numpy()
    assert np.any(real - np.floor(real) == 0.5)
    assert np.array_equal(np.rint(real), golden)


def test_pytorch_and_golden_are_equal_at_every_exit(tmp_path: Path) -> None:
    net = normed()
    graphs = export_graphs(net, tmp_path)
    for graph, logits in zip(graphs.paths, net(reals(images())), strict=True):
        assert graph.exact
        found = logits.detach().double().numpy() / graph.output.scale
        assert np.array_equal(found, Golden(graph).run(images()))


def test_statistics_are_found_once_and_stand_still_in_training() -> None:
    net = build_quantized(NET)
    norm = net.trunks[0].conv0.norm
    net.calibrate(reals(images()))
    assert isinstance(norm, FoldedNorm)
    outputs = nn.functional.conv2d(reals(images()), net.trunks[0].conv0.weight)
    torch.testing.assert_close(norm.running_mean, outputs.mean((0, 2, 3)))
    before = norm.running_mean.clone()
    net.eval()(reals(images(seed=1)))
    assert torch.equal(norm.running_mean, before)
    logits = net.train()(reals(images(seed=1)) / 2)
    assert torch.equal(norm.running_mean, before)
    sum((x**2).sum() for x in logits).backward()
    assert [name for name, p in net.named_parameters() if p.grad is None] == []


def test_statistics_that_were_loaded_are_kept() -> None:
    net, teacher = build_quantized(NET), build_float(NET)
    teacher.train()(reals(images()) * 3)
    net.load_float(teacher.state_dict())
    net.calibrate(reals(images(seed=1)))
    for layer in ("trunks.0.conv0.norm", "trunks.1.linear0.norm"):
        own, theirs = net.get_submodule(layer), teacher.get_submodule(layer)
        assert torch.equal(own.get_buffer("running_mean"), theirs.get_buffer("running_mean"))


def test_a_channel_has_its_own_scale_but_for_logits() -> None:
    frozen = freeze(normed())
    assert [frozen[trunk(k)].layers[0].output.scale.size for k in (0, 1)] == [6, 5]
    assert frozen[head(0)].layers[-1].output.scale.size == 1


def test_training_mode_is_refused_at_export_by_name(tmp_path: Path) -> None:
    net = normed()
    net.trunks[1].train()
    words = r"batch normalisation trunk1\.norm0; expected evaluation mode.*; found training mode\. Call eval"
    with pytest.raises(BadOption, match=words):
        export_graphs(net, tmp_path)
    assert not list(tmp_path.iterdir())
