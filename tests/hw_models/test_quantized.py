"""The quantised twin: integers on their grids, gradients, state, calibration."""

from __future__ import annotations

import copy
import io
from collections.abc import Sequence
from itertools import pairwise

import pytest
import torch
from torch import Tensor

import hw_models
from hw_models import QuantConfig
from hw_models.calibrate import best_exponent
from hw_models.floating import build_float
from hw_models.network import PIXEL_SCALE, Wire
from hw_models.quantized import QuantConv, QuantLinear, bias_on_grid, build_quantized
from toolkit.core.errors import BadOption, CheckpointMismatch

CONFIGS = [
    QuantConfig(),
    QuantConfig(2, 2),
    QuantConfig(8, 8, per_channel=True),
    QuantConfig(3, 5, scaling="float", per_channel=True),
]


def pixels(n: int, seed: int = 1, shape: Sequence[int] = (1, 28, 28)) -> Tensor:
    return torch.randint(0, 256, (n, *shape), generator=torch.Generator().manual_seed(seed)) * PIXEL_SCALE


@pytest.mark.parametrize("config", CONFIGS, ids=QuantConfig.key)
@pytest.mark.parametrize("name", hw_models.names())
def test_every_parameter_learns_and_scales_are_powers_of_two(name: str, config: QuantConfig) -> None:
    spec = hw_models.get(name)
    net = build_quantized(spec, config)
    logits = net(pixels(4, shape=spec.input_shape))
    assert [tuple(x.shape) for x in logits] == [(4, spec.outputs)] * spec.exits
    sum(((x - 1) ** 2).sum() for x in logits).backward()
    assert [name for name, p in net.named_parameters() if p.grad is None] == []
    for module in net.modules():
        if isinstance(module, (QuantConv, QuantLinear)):
            exponent = torch.log2(module.quant_weight().scale)
            assert bool((exponent == exponent.round()).all()) == (config.scaling == "po2")


@pytest.mark.parametrize("config", CONFIGS[:3], ids=QuantConfig.key)
def test_all_values_lie_on_their_grid(config: QuantConfig) -> None:
    net = build_quantized(hw_models.get("b_lenet_fcn"), config).eval()
    wire = Wire(pixels(2), net.pixel_scale)
    with torch.no_grad():
        for segment in net.trunks:
            for layer in segment.children():
                wire = layer(wire)
                scale = wire.scale.reshape(1, -1, *[1] * (wire.value.ndim - 2))
                steps = wire.value / scale
                assert torch.equal(steps, steps.round())


def test_per_channel_scales_stay_out_of_the_classifiers() -> None:
    net = build_quantized(hw_models.get("b_lenet_fcn"), QuantConfig(per_channel=True))
    sizes = {
        name: module.quant_weight().scale.numel()
        for name, module in net.named_modules()
        if isinstance(module, (QuantConv, QuantLinear))
    }
    assert sizes == {
        "trunks.0.conv0": 5, "trunks.1.conv0": 10, "trunks.1.conv1": 20, "trunks.1.linear0": 84,
        "heads.0.conv0": 10, "heads.0.linear0": 1, "heads.1.linear0": 1,
    }  # fmt: skip


def test_widths_reach_their_layers() -> None:
    config = QuantConfig(4, 3, 8, 6, overrides={"trunk1.conv1": (2, 7)})
    net = build_quantized(hw_models.get("b_lenet_se"), config)
    modules = dict(net.named_modules())
    weights = {n: int(m.weight_quant.bit_width()) for n, m in modules.items() if hasattr(m, "weight_quant")}
    assert weights == {
        "trunks.0.conv0": 8, "trunks.1.conv0": 4, "trunks.1.conv1": 2,
        "heads.0.conv0": 4, "heads.0.linear0": 6, "heads.1.linear0": 6,
    }  # fmt: skip
    assert int(modules["trunks.1.relu0"].act_quant.bit_width()) == 3
    assert int(modules["trunks.1.relu1"].act_quant.bit_width()) == 7


def test_override_of_an_unknown_layer_is_refused() -> None:
    with pytest.raises(BadOption, match=r"trunk7\.conv0.*one of trunk0\.conv0"):
        build_quantized(hw_models.get("b_lenet_se"), QuantConfig(overrides={"trunk7.conv0": (4, 4)}))


def test_bias_rounds_half_to_even_and_keeps_its_gradient() -> None:
    bias = torch.tensor([0.5, 1.5, -0.5, 2.6], requires_grad=True)
    rounded = bias_on_grid(bias, torch.tensor(2.0), torch.tensor(0.5))
    assert rounded is not None
    assert rounded.tolist() == [0.0, 2.0, 0.0, 3.0]
    (rounded * torch.arange(4.0)).sum().backward()
    assert bias.grad is not None
    assert bias.grad.tolist() == [0.0, 1.0, 2.0, 3.0]
    assert bias_on_grid(None, torch.tensor(1.0), torch.tensor(1.0)) is None


def test_input_is_seen_as_whole_pixels() -> None:
    net = build_quantized(hw_models.get("b_lenet_se")).eval()
    x = pixels(2)
    blurred = x + 0.3 * PIXEL_SCALE
    assert all(torch.equal(a, b) for a, b in zip(net(x), net(blurred), strict=True))
    assert net.prepare_input(torch.tensor([-1.0, 2.0])).tolist() == [0.0, 255 / 256]


@pytest.mark.parametrize("config", CONFIGS, ids=QuantConfig.key)
def test_state_survives_a_safe_load(config: QuantConfig) -> None:
    spec = hw_models.get("b_lenet_fcn")
    net, other = build_quantized(spec, config).eval(), build_quantized(spec, config).eval()
    net.calibrate(pixels(8) / 2)
    file = io.BytesIO()
    torch.save(net.state_dict(), file)
    file.seek(0)
    other.load_state_dict(torch.load(file, weights_only=True))
    assert all(torch.equal(a, b) for a, b in zip(net(pixels(3)), other(pixels(3)), strict=True))


def test_float_twin_has_the_same_parameters_and_a_wide_net_follows_it() -> None:
    spec = hw_models.get("b_lenet_se")
    twin, x = build_float(spec).eval(), pixels(16)
    errors = []
    for bits in (2, 4, 8):
        net = build_quantized(spec, QuantConfig(bits, bits)).eval()
        net.load_float(twin.state_dict())
        net.calibrate(x)
        errors.append(sum((a - b).abs().mean().item() for a, b in zip(net(x), twin(x), strict=True)))
    assert all(narrow > wide for narrow, wide in pairwise(errors))
    assert errors[-1] < 0.01


def test_float_weights_of_another_network_are_refused() -> None:
    net = build_quantized(hw_models.get("b_lenet_se"))
    with pytest.raises(CheckpointMismatch, match=r"heads\.1\.linear0\.weight.*\(10, 720\).*\(10, 84\)"):
        net.load_float(build_float(hw_models.get("b_lenet_fcn")).state_dict())


def test_calibration_is_deterministic_and_keeps_the_mode() -> None:
    net = build_quantized(hw_models.get("b_lenet_se")).train()
    net.calibrate(pixels(8))
    first = copy.deepcopy(net.state_dict())
    net.calibrate(pixels(8))
    assert net.training
    assert all(torch.equal(first[key], value) for key, value in net.state_dict().items())


def test_best_exponent_finds_an_exact_grid() -> None:
    values = torch.arange(-7, 8, dtype=torch.float32)[None] * 2.0**-5
    exponent = best_exponent(values, 4, signed=True, narrow=True, po2=True)
    assert exponent.tolist() == [-2.0]  # 8 steps of 2**-5
    unsigned = torch.arange(0, 16, dtype=torch.float32)[None] * 2.0**-3
    assert best_exponent(unsigned, 4, signed=False, narrow=False, po2=True).tolist() == [1.0]


def test_best_exponent_of_nothing_but_zeros_is_finite() -> None:
    assert torch.isfinite(best_exponent(torch.zeros(2, 5), 4, signed=True, narrow=True, po2=True)).all()
