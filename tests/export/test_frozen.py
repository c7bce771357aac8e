"""Freezing: integers, datatypes and the range rule."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hw_models import Flatten, Linear, NetworkSpec, QuantConfig, Relu
from hw_models.quantized import build_quantized
from tests.export.networks import network
from toolkit.core.errors import RangeExceeded
from toolkit.core.topology import head, trunk
from toolkit.export.frozen import _require_scale, freeze
from toolkit.export.ranges import Interval, accumulator_interval, accumulator_magnitude

CONFIG = QuantConfig(3, 5, 8, 2, per_channel=True)


def test_integers_and_types_of_every_layer() -> None:
    frozen = freeze(network("b_lenet_fcn", CONFIG))
    assert list(frozen) == [trunk(0), head(0), trunk(1), head(1)]
    layers = {layer.operation.name: layer for part in frozen.values() for layer in part.layers}
    assert frozen[trunk(0)].input.dtype == "UINT8"
    assert frozen[trunk(0)].input.scale.tolist() == [2.0**-8]
    assert layers["trunk0.relu0"].output.dtype == "UINT5"
    assert layers["trunk1.quant0"].output.dtype == "INT5"
    for name, bits in {"trunk0.conv0": 8, "trunk1.conv0": 3, "trunk1.linear0": 3, "head1.linear0": 2}.items():
        weight = layers[name].weight
        assert weight is not None
        assert 1 <= np.abs(weight).max() <= 2 ** (bits - 1) - 1
    assert layers["trunk1.conv1"].output.scale.shape == (20,)
    assert layers["head0.linear0"].output.scale.shape == (1,)


def test_a_segment_starts_with_the_feature_map_of_its_trunk() -> None:
    frozen = freeze(network("b_lenet_se", CONFIG))
    for part in (head(0), trunk(1)):
        assert frozen[part].input is frozen[trunk(0)].output
    assert frozen[head(1)].input is frozen[trunk(1)].output


def test_biases_are_those_that_training_adds() -> None:
    net = network("b_lenet_se", CONFIG)
    layer = freeze(net)[trunk(0)].layers[0]
    conv = net.trunks[0].conv0
    grid = conv.quant_weight().scale.reshape(-1) * 2.0**-8
    assert torch.equal(torch.from_numpy(layer.bias_values()), (conv.bias / grid).round() * grid)
    assert torch.equal(torch.from_numpy(layer.weight_values()), conv.quant_weight().value)


def wide(features: int, weight: float) -> NetworkSpec:
    return NetworkSpec(
        "wide", (1, 1, features), 2, ((Flatten(), Linear(2), Relu()),), ((Linear(2),),), (1.0,)
    )


@pytest.mark.parametrize(("features", "fits"), [(518, True), (519, False)])
def test_range_rule_is_exact_and_names_the_layer(features: int, fits: bool) -> None:
    # 518 weights of 127 times pixels of 255 stay just below 2**24, 519 do not
    net = build_quantized(wide(features, 1.0), QuantConfig(8, 8))
    with torch.no_grad():
        net.trunks[0].linear0.weight.fill_(1.0)
        net.trunks[0].linear0.bias.zero_()
        net.trunks[0].linear0.weight_quant.tensor_quant.scaling_impl.value.fill_(0.0)
    if fits:
        freeze(net)
    else:
        with pytest.raises(RangeExceeded, match=rf"trunk0\.linear0.*{2**24}.*{519 * 127 * 255}"):
            freeze(net)


def test_a_huge_bias_exceeds_the_range_too() -> None:
    net = network("b_lenet_se", QuantConfig())
    with torch.no_grad():
        net.heads[0].linear0.bias.fill_(1e6)
    with pytest.raises(RangeExceeded, match=r"head0\.linear0"):
        freeze(net)


_WEIGHT_SCALE = "trunks.1.conv0.weight_quant.tensor_quant.scaling_impl.value"
_ACT_SCALE = "trunks.0.relu0.act_quant.fused_activation_quant_proxy.tensor_quant.scaling_impl.value"


@pytest.mark.parametrize("scaling", ["po2", "float"])
@pytest.mark.parametrize(
    ("parameter", "value", "named"),
    [
        ("trunks.1.conv0.weight", np.nan, r"weights of layer trunk1\.conv0"),
        ("heads.1.linear0.bias", np.nan, r"biases of layer head1\.linear0"),
        ("heads.1.linear0.bias", np.inf, r"biases of layer head1\.linear0"),
        ("heads.1.linear0.bias", -3e38, r"biases of layer head1\.linear0"),
        (_WEIGHT_SCALE, np.nan, r"scale of weights of trunk1\.conv0"),
        (_WEIGHT_SCALE, np.inf, r"scale of weights of trunk1\.conv0"),
        (_ACT_SCALE, np.nan, r"scale of trunk0\.relu0"),
        (_ACT_SCALE, np.inf, r"scale of trunk0\.relu0"),
        (_ACT_SCALE, 120.0, r"scale of trunk0\.relu0"),
    ],
)
def test_what_is_not_finite_is_refused_with_the_layer(
    parameter: str, value: float, named: str, scaling: Literal["po2", "float"]
) -> None:
    net = network("b_lenet_se", QuantConfig(scaling=scaling))
    with torch.no_grad():
        net.get_parameter(parameter).reshape(-1)[0] = value
    with pytest.raises(RangeExceeded, match=named):
        freeze(net)


def test_scales_reach_from_2_to_the_minus_100_to_2_to_the_100() -> None:
    ends = np.array([2.0**-100, 2.0**100])
    assert _require_scale("x", ends) is ends
    for outside in np.nextafter(ends, [0, np.inf]):
        with pytest.raises(RangeExceeded, match="scale of x"):
            _require_scale("x", np.array([1.0, outside]))


def test_the_magnitude_of_the_smallest_integer_is_no_small_number() -> None:
    least = np.iinfo(np.int64).min
    x = Interval(0, 15)
    assert accumulator_magnitude(np.ones((1, 2), np.int64), np.array([least]), x) == 2**63 + 30
    assert accumulator_magnitude(np.full((1, 1), least), np.zeros(1, np.int64), x) == 15 * 2**63


@pytest.mark.parametrize(
    ("low", "high", "dtype"),
    [(0, 1, "INT2"), (-2, 1, "INT2"), (-3, 0, "INT3"), (0, 4, "INT4"), (-8, 8, "INT5")],
)
def test_tight_types(low: int, high: int, dtype: str) -> None:
    assert Interval(low, high).tight_dtype() == dtype


@given(st.integers(0, 2**31), st.sampled_from(["UINT2", "UINT8", "INT3", "INT8"]))
def test_accumulators_stay_in_their_interval_and_reach_its_ends(seed: int, dtype: str) -> None:
    random = np.random.default_rng(seed)
    x = Interval.of_dtype(dtype)
    weight = random.integers(-7, 8, (3, 2, 2, 2))
    bias = random.integers(-50, 50, 3)
    reach = accumulator_interval(weight, bias, x)
    rows = weight.reshape(3, -1)
    corners = np.stack([np.where(rows > 0, x.high, x.low), np.where(rows > 0, x.low, x.high)])
    inputs = np.concatenate([corners.reshape(-1, 8), random.integers(x.low, x.high + 1, (50, 8))])
    sums = inputs @ rows.T + bias
    assert (sums.min(), sums.max()) == (reach.low, reach.high)
    assert reach.magnitude <= accumulator_magnitude(weight, bias, x)
