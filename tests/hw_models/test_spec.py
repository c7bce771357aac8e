"""Descriptions: shapes, names, and refusal of what does not fit."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

import hw_models
from hw_models import Conv, Flatten, Linear, MaxPool, NetworkSpec, QuantConfig, Relu
from hw_models.description import describe_network, network_of
from hw_models.lowering import bit_widths, lower
from hw_models.spec import Shape
from toolkit.core.errors import BadOption, OfframpError, UnknownName
from toolkit.core.topology import head, trunk

LENETS = ("b_lenet", "b_lenet_cifar", "b_lenet_fcn", "b_lenet_se")
EARLY_EXIT = (
    "b_alexnet_cifar",
    "b_lenet_numbers",
    *LENETS,
    "c_alexnet_svhn",
    "ds_cnn",
    "resnet8",
    "tw_smallcnn",
)
MLPS = ("mlp_diabetes", "mlp_housing")
PAIR = ("cnn_cifar10", "cnn_cifar10_ee")
HEAD = (Flatten(), Linear(3))


def network(*trunk: Any, shape: Any = (1, 8, 6)) -> NetworkSpec:
    return NetworkSpec("test", shape, 3, (trunk,), (HEAD,), (1.0,))


def test_names_are_those_of_the_command_line() -> None:
    with_backbone = [f"{name}{end}" for name in EARLY_EXIT for end in ("", "_backbone")]
    assert hw_models.names() == tuple(sorted([*with_backbone, *PAIR, "autoencoder", *MLPS]))


@pytest.mark.parametrize("name", EARLY_EXIT)
def test_a_backbone_is_the_last_exit_path(name: str) -> None:
    spec = hw_models.get(name)
    backbone = hw_models.get(f"{name}_backbone")
    assert (backbone.exits, backbone.exit_weights) == (1, (1.0,))
    assert hw_models.macs_to_exit(backbone) == (hw_models.static_baseline_macs(spec),)


def test_one_network_is_the_others_backbone() -> None:
    static, early = map(hw_models.get, PAIR)
    backbone = early.backbone()
    assert (backbone.trunks, backbone.heads) == (static.trunks, static.heads)


def test_depthwise_is_taken_and_grouped_refused() -> None:
    depthwise = Conv(4, 3, 1, groups=4)
    spec = network(Conv(4, 1), depthwise)
    assert hw_models.segment_macs(spec)[trunk(0)] == 8 * 6 * (4 + 4 * 9)
    assert hw_models.segment_parameters(spec)[trunk(0)] == 4 + 4 + 4 * 9 + 4
    for wrong in (Conv(4, 3, groups=2), Conv(8, 3, groups=4), Conv(4, 3, groups=8), Conv(4, 3, groups=0)):
        with pytest.raises(
            BadOption, match=r"trunk0\.conv1: grouped convolution; expected 1 group, or 4 groups"
        ):
            network(Conv(4, 1), wrong)


def test_unknown_network_suggests_the_nearest() -> None:
    with pytest.raises(UnknownName, match="Did you mean b_lenet_s"):
        hw_models.get("b_lenet_s")


def shapes_of(name: str) -> dict[str, Shape]:
    return {
        layer.name: layer.output_shape for _, layers in hw_models.get(name).segments() for layer in layers
    }


def test_lenet_shapes_as_published() -> None:
    shapes = shapes_of("b_lenet_fcn")
    assert shapes["trunk0.conv0"] == (5, 32, 32)
    assert shapes["trunk0.pool0"] == (5, 16, 16)
    assert shapes["head0.flatten0"] == (640,)
    assert shapes["trunk1.conv0"] == (10, 20, 20)
    assert shapes["trunk1.conv1"] == (20, 12, 12)
    assert shapes["trunk1.flatten0"] == (720,)
    assert shapes["trunk1.linear0"] == (84,)
    assert shapes["head1.linear0"] == (10,)


@pytest.mark.parametrize(
    ("name", "features"),
    [
        ("tw_smallcnn", {"head0": [576, 200, 200], "trunk1": [1024, 200], "head1": [200]}),
        ("c_alexnet_svhn", {"head0": [1152], "trunk1": [2304, 2048], "head1": [2048]}),
        ("cnn_cifar10", {"trunk0": [2048, 1024], "head0": [512]}),
    ],
)
def test_inputs_of_linear_layers_as_published(name: str, features: dict[str, list[int]]) -> None:
    found: dict[str, list[int]] = {}
    for part, layers in hw_models.get(name).segments():
        for layer in layers:
            if layer.layer.kind == "linear":
                found.setdefault(part.name, []).append(layer.input_shape[0])
    assert found == features


def test_resnet8_shapes_as_published() -> None:
    shapes = shapes_of("resnet8")
    ends = {name: shapes[name] for name in ("trunk0p2.relu0", "trunk1p1.relu0", "trunk2p1.relu0")}
    assert [*ends.values()] == [(16, 32, 32), (32, 16, 16), (64, 8, 8)]
    assert shapes["head2.flatten0"] == (64,)
    # MLPerf Tiny's 78,666 hold a bias and two running statistics more for each of 240 normalised channels.
    found = sum(hw_models.segment_parameters(hw_models.get("resnet8_backbone")).values())
    assert found == 78_666 - 3 * 240


def test_ds_cnn_shapes_as_published() -> None:
    shapes = shapes_of("ds_cnn")
    maps = {name: shape for name, shape in shapes.items() if name.startswith("trunk")}
    assert set(maps.values()) == {(64, 25, 5)}
    assert shapes["head2.flatten0"] == (64,)
    # MLPerf Tiny's 24,908 hold two running statistics for each of 64 channels behind nine convolutions.
    assert sum(hw_models.segment_parameters(hw_models.get("ds_cnn_backbone")).values()) == 24_908 - 9 * 2 * 64


def test_original_lenet_shapes_as_published() -> None:
    shapes = shapes_of("b_lenet")
    assert list(shapes) == [
        "trunk0.conv0", "head0.pool0", "head0.relu0", "head0.conv0", "head0.pool1", "head0.relu1",
        "head0.flatten0", "head0.linear0", "trunk1.pool0", "trunk1.relu0", "trunk1.conv0", "trunk1.pool1",
        "trunk1.relu1", "trunk1.conv1", "trunk1.pool2", "trunk1.relu2", "trunk1.flatten0", "trunk1.linear0",
        "head1.linear0",
    ]  # fmt: skip
    assert shapes["trunk0.conv0"] == (5, 30, 30)
    assert shapes["head0.pool0"] == shapes["trunk1.pool0"] == (5, 15, 15)
    assert (shapes["head0.conv0"], shapes["head0.pool1"]) == ((10, 15, 15), (10, 8, 8))
    assert (shapes["trunk1.conv0"], shapes["trunk1.pool1"]) == ((10, 17, 17), (10, 9, 9))
    assert (shapes["trunk1.conv1"], shapes["trunk1.pool2"]) == ((20, 11, 11), (20, 6, 6))
    assert (shapes["head0.flatten0"], shapes["trunk1.flatten0"]) == ((640,), (720,))
    assert (shapes["trunk1.linear0"], shapes["head1.linear0"]) == ((84,), (10,))
    heads = hw_models.get("b_lenet").heads
    assert [layers[-1] for layers in heads] == [Linear(10, bias=False)] * 2


def test_cifar_lenet_shapes_as_published() -> None:
    spec, shapes = hw_models.get("b_lenet_cifar"), shapes_of("b_lenet_cifar")
    assert spec.input_shape == (3, 32, 32)
    assert spec.trunks[0][0] == Conv(5, 5, padding=2)
    assert {name: shape for name, shape in shapes.items() if name != "trunk0.conv0"} == {
        name: shape for name, shape in shapes_of("b_lenet_fcn").items() if name != "trunk0.conv0"
    }
    assert shapes["trunk0.conv0"] == (5, 32, 32)


def test_alexnet_shapes_as_published() -> None:
    spec, shapes = hw_models.get("b_alexnet_cifar"), shapes_of("b_alexnet_cifar")
    assert (spec.input_shape, spec.exits, spec.exit_weights) == ((3, 32, 32), 3, (1.0, 1.0, 1.0))
    assert (shapes["trunk0.conv0"], shapes["trunk0.pool0"]) == ((32, 32, 32), (32, 15, 15))
    assert (shapes["head0.conv0"], shapes["head0.conv1"]) == ((64, 15, 15), (32, 7, 7))
    assert (shapes["trunk1.conv0"], shapes["trunk1.conv1"]) == ((64, 15, 15), (96, 7, 7))
    assert (shapes["head1.pool0"], shapes["head1.conv0"]) == ((96, 3, 3), (32, 3, 3))
    assert (shapes["trunk2.conv0"], shapes["trunk2.conv1"]) == ((96, 7, 7), (64, 7, 7))
    flat = ("head0.flatten0", "head1.flatten0", "trunk2.flatten0")
    assert [shapes[name] for name in flat] == [(288,), (32,), (576,)]
    linear = ("trunk2.linear0", "trunk2.linear1", "head2.linear0")
    assert [shapes[name] for name in linear] == [(256,), (128,), (10,)]


def test_what_no_relu_follows_in_alexnet_is_quantised_with_a_sign_and_dropouts_precede_their_layers() -> None:
    steps = [step for part in lower(hw_models.get("b_alexnet_cifar")).values() for step in part]
    assert [step.source for step in steps if step.signed] == ["head1.conv0"]
    assert {step.name: step.dropout for step in steps if step.dropout} == {
        "trunk2.linear1": 0.5, "head2.linear0": 0.5,
    }  # fmt: skip


@given(
    st.integers(1, 9), st.integers(1, 5), st.integers(1, 6), st.data(), st.booleans()
)  # fmt: skip
def test_pools_have_the_windows_of_pytorch(
    size: int, kernel: int, stride: int, data: st.DataObject, ceil: bool
) -> None:
    padding = data.draw(st.integers(0, kernel // 2))
    pool = MaxPool((1, kernel), (1, stride), (0, padding), ceil=ceil)
    image = torch.arange(size, dtype=torch.float32).reshape(1, 1, 1, size)
    try:
        wanted = functional.max_pool2d(image, (1, kernel), (1, stride), (0, padding), ceil_mode=ceil)
    except RuntimeError:  # no window fits
        with pytest.raises(BadOption, match="pool has a window larger than its input"):
            pool.output_shape((1, 1, size))
        return
    assert pool.output_shape((1, 1, size)) == wanted.shape[1:]
    top, left, bottom, right = pool.sides((1, 1, size))
    padded = functional.pad(image, (left, right, top, bottom), value=-torch.inf)
    assert torch.equal(functional.max_pool2d(padded, (1, kernel), (1, stride)), wanted)
    assert max(left, right) < kernel, "no window lies outside"


@pytest.mark.parametrize("name", LENETS)
def test_lenet_loss_weights(name: str) -> None:
    assert hw_models.get(name).exit_weights == (1.0, 0.3)


def test_rectangular_windows_and_strides() -> None:
    spec = network(Conv(2, kernel=(3, 1), padding=(1, 0), stride=(2, 1)), Relu(), MaxPool((2, 3), (1, 2)))
    layers = dict(spec.segments())[trunk(0)]
    assert [layer.output_shape for layer in layers] == [(2, 4, 6), (2, 4, 6), (2, 3, 2)]


@pytest.mark.parametrize(
    ("trunk", "message"),
    [
        ((Conv(2, kernel=9),), "trunk0.conv0.*larger than its input"),
        ((Conv(2, kernel=3, stride=0),), "impossible window"),
        ((Linear(4),), "trunk0.linear0.*flat input"),
        ((Flatten(), Conv(2, 1)), "trunk0.conv0.*feature map"),
        ((Flatten(), MaxPool(2)), "trunk0.pool0.*feature map"),
        ((), "trunk0 of network 'test'; expected at least one .*; found no layer"),
        ((Flatten(),), "trunk0 of network 'test'; expected at least one .*; found flatten"),
        ((Conv(2, 3), Relu(), Flatten()), "layer trunk0.flatten0; expected a linear layer after it"),
        ((Conv(2, 3), Flatten(), Relu()), "layer trunk0.flatten0; expected a linear layer after it"),
        ((Conv(0, 3),), "trunk0.conv0.*no outputs"),
        ((Flatten(), Linear(0)), "trunk0.linear0.*no outputs"),
        ((Conv(2, 0),), "impossible window"),
        ((Conv(2, 3, padding=-1),), "impossible window"),
        ((Conv(2, (3, 2.5)),), "trunk0.conv0.*whole number"),
        ((Conv(2, (3,)),), "trunk0.conv0.*whole number"),
        ((MaxPool((9, 1)),), "trunk0.pool0.*larger than its input"),
        ((MaxPool((10, 1), 2, ceil=True),), "trunk0.pool0.*larger than its input"),
        ((MaxPool(3, padding=2),), "trunk0.pool0.*too much padding"),
    ],
)
def test_layers_that_do_not_fit_are_named(trunk: tuple[object, ...], message: str) -> None:
    with pytest.raises(BadOption, match=message):
        network(*trunk)


@pytest.mark.parametrize("shape", [(1, 8), (0, 8, 6), (1, 8, 0)])
def test_images_have_a_size(shape: tuple[int, ...]) -> None:
    with pytest.raises(BadOption, match="images of network 'test'"):
        network(Conv(2, 1), shape=shape)


@pytest.mark.parametrize("weight", [float("nan"), float("inf"), -1.0])
def test_loss_weights_are_finite(weight: float) -> None:
    with pytest.raises(BadOption, match="loss weights of network 'test'"):
        NetworkSpec("test", (1, 4, 4), 3, ((Conv(1, 1),),), (HEAD,), (weight,))


def test_head_must_end_in_a_classifier() -> None:
    with pytest.raises(BadOption, match=r"head0.*Linear\(3\)"):
        NetworkSpec("test", (1, 4, 4), 3, ((Conv(1, 1),),), ((Flatten(), Linear(4)),), (1.0,))


def test_one_head_and_weight_per_trunk() -> None:
    with pytest.raises(BadOption, match="one trunk, head and loss weight"):
        NetworkSpec("test", (1, 4, 4), 3, ((Conv(1, 1),),), (HEAD,), (1.0, 0.3))


def test_steps_put_each_quantiser_behind_its_layer() -> None:
    steps = lower(hw_models.get("b_lenet_fcn"))
    assert [step.name for step in steps[trunk(0)]] == ["trunk0.conv0", "trunk0.relu0", "trunk0.pool0"]
    assert [step.local_name for step in steps[trunk(1)]] == [
        "conv0", "relu0", "pool0", "conv1", "relu1", "pool1", "flatten0", "linear0", "quant0",
    ]  # fmt: skip
    quant = steps[trunk(1)][-1]
    assert (quant.signed, quant.source, quant.layer) == (True, "trunk1.linear0", None)
    assert [step.classifier for step in steps[head(0)]] == [False, False, False, False, True]


def test_a_relu_after_the_flatten_still_belongs_to_its_convolution() -> None:
    steps = lower(network(Conv(2, 3), MaxPool(2), Flatten(), Relu(), Linear(4)))[trunk(0)]
    assert [step.kind for step in steps] == ["weight", "act", "pool", "flatten", "weight", "act"]
    assert not steps[1].signed


def test_what_is_flat_is_not_flattened_again() -> None:
    spec = NetworkSpec("test", (1, 4, 4), 3, ((*HEAD, Flatten()),), ((Flatten(), Linear(3)),), (1.0,))
    steps = lower(spec)
    assert [step.kind for step in steps[trunk(0)]] == ["flatten", "weight", "act"]
    assert [step.kind for step in steps[head(0)]] == ["weight"]


def test_a_relu_behind_a_branch_is_a_quantiser_of_its_own() -> None:
    steps = lower(hw_models.get("b_lenet"))
    assert [step.name for step in steps[trunk(0)]] == ["trunk0.conv0", "trunk0.quant0"]
    assert steps[trunk(0)][-1].signed
    for part in (head(0), trunk(1)):
        pool, relu, *_ = steps[part]
        assert (pool.kind, relu.kind, relu.signed, relu.source) == ("pool", "act", False, "")
    assert not any(step.signed for step in steps[trunk(1)][:-1])
    widths = bit_widths(hw_models.get("b_lenet"), QuantConfig(4, 5, overrides={"trunk0.conv0": (3, 7)}))
    assert (widths["trunk0.conv0"], widths["trunk0.quant0"], widths["head0.relu0"]) == (3, 7, 5)


def test_a_relu_of_what_is_not_negative_is_left_out() -> None:
    assert [one.kind for one in lower(network(Relu(), Conv(2, 3), Relu(), Relu()))[trunk(0)]] == [
        "weight",
        "act",
    ]
    spec = NetworkSpec("test", (1, 4, 4), 3, ((Conv(2, 3), Relu()),), ((Relu(), *HEAD),), (1.0,))
    assert [one.kind for one in lower(spec)[head(0)]] == ["flatten", "weight"]


def test_outputs_and_exits_are_those_of_the_task() -> None:
    again = ((Flatten(), Linear(16)),)
    spec = NetworkSpec("test", (1, 4, 4), 16, ((Conv(1, 1),),), again, (1.0,), "reconstruction")
    assert (spec.backbone().task, spec.form.of_input) == ("reconstruction", True)
    for changed, words in (
        ({"outputs": 3, "heads": (HEAD,)}, "16 outputs, one for each element of its input; found 3"),
        (
            {"trunks": spec.trunks * 2, "heads": again * 2, "exit_weights": (1.0, 1.0)},
            "network 'test' for reconstruction; expected one exit; found 2. A frame leaves early",
        ),
        ({"task": "guessing"}, "task 'guessing'"),
    ):
        with pytest.raises(OfframpError, match=words):
            dataclasses.replace(spec, **changed)


def test_groups_are_those_of_a_sequence() -> None:
    spec = hw_models.get("b_lenet_numbers")
    assert (spec.outputs, spec.groups, spec.backbone().groups) == (66, 6, 6)
    described = describe_network(spec)
    assert (described["task"], described["groups"]) == ("sequence", 6)
    assert network_of(described, "it") == spec
    assert "groups" not in describe_network(hw_models.get("b_lenet"))
    for changed, words in (
        ({"groups": 1}, "at least two groups of outputs, .*; found 66 outputs in 1"),
        ({"groups": 5}, "found 66 outputs in 5"),
        ({"groups": 66}, "found 66 outputs in 66"),
        ({"task": "classification"}, "for classification; expected one group of outputs; found 6"),
    ):
        with pytest.raises(BadOption, match=words):
            dataclasses.replace(spec, **changed)


def test_answers_must_be_64_bit_numbers() -> None:
    heads = ((Flatten(), Linear(128)),)
    with pytest.raises(BadOption, match="found 64 groups of 2"):
        NetworkSpec("test", (1, 4, 4), 128, ((Conv(1, 1),),), heads, (1.0,), "sequence", 64)
