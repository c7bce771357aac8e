"""Descriptions of networks: they come back, equal networks have equal ones, damage is refused."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
import torch
from hypothesis import given, settings

import hw_models
from hw_models import (
    AvgPool,
    BatchNorm,
    Conv,
    Dropout,
    Flatten,
    Linear,
    MaxPool,
    NetworkSpec,
    QuantConfig,
    Relu,
)
from hw_models.description import LAYERS, OwnNetwork, describe_network, digest, network_of
from hw_models.floating import build_float
from hw_models.lowering import lower
from hw_models.network import Wire
from hw_models.quantized import build_quantized
from hw_models.residual import Element, Residual
from hw_models.spec import NamedLayer, Shape
from tests.export.networks import specs
from toolkit.core.errors import OfframpError
from toolkit.core.topology import Part

SE = hw_models.get("b_lenet_se")


def with_trunk(*layers: Element) -> NetworkSpec:
    return NetworkSpec("net", (1, 8, 8), 3, (layers,), ((Flatten(), Linear(3)),), (1,))


EVERY = with_trunk(
    *(Conv(2, (3, 2), padding=(1, 0), stride=2, bias=False), Relu(), Dropout(0.25)),
    *(MaxPool((2, 1), (1, 2), (1, 0), ceil=True), Conv(1, 1), BatchNorm(1e-3, affine=False)),
    AvgPool((1, 2), 1),
    *(Residual((Conv(1, 3, 1),)), Residual((Conv(2, 3, padding=1), Relu()), (Conv(2, 1, bias=False),))),
)


@pytest.mark.parametrize("spec", [*map(hw_models.get, hw_models.names()), EVERY], ids=lambda one: one.name)
def test_what_is_described_comes_back(spec: NetworkSpec) -> None:
    text = json.dumps(describe_network(spec))
    assert network_of(json.loads(text), "it") == spec
    own = OwnNetwork(spec, {"trunk0.conv0": "features.0"})
    assert OwnNetwork.of_text(own.to_text(), "it") == own


@settings(deadline=None, max_examples=30)
@given(specs())
def test_random_networks_come_back(spec: NetworkSpec) -> None:
    found = network_of(describe_network(spec), "it")  # one number may stand for two equal ones
    assert describe_network(found) == describe_network(spec)
    assert lower(found).keys() == lower(spec).keys()
    assert [shapes(one) for one in found.segments()] == [shapes(one) for one in spec.segments()]


def shapes(segment: tuple[Part, tuple[NamedLayer, ...]]) -> list[tuple[str, Shape, Shape]]:
    return [(one.name, one.input_shape, one.output_shape) for one in segment[1]]


def test_every_layer_can_be_described() -> None:
    used = {layer.kind for layer in (*EVERY.trunks[0], *EVERY.heads[0])}
    assert used == set(LAYERS)


def test_equal_networks_have_equal_descriptions() -> None:
    one = with_trunk(Conv(2, 3), MaxPool(2), Relu())
    other = with_trunk(Conv(2, (3, 3), padding=(0, 0), stride=1), MaxPool((2, 2), 2, padding=0), Relu())
    assert digest(one) == digest(other)
    others = (Conv(2, 3, 1), MaxPool(2), Relu()), (Conv(2, 3), MaxPool(2, 1), Relu()), (Conv(2, 3), Relu())
    assert len({digest(one), *(digest(with_trunk(*trunk)) for trunk in others)}) == 4
    assert digest(dataclasses.replace(SE, exit_weights=(1.0, 1.0))) != digest(SE)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"trunks": 3}, "it: trunks"),
        ({"name": "a/b"}, "name of a network; expected letters, digits and _"),
        ({"name": "../etc"}, "name of a network"),
        ({"extra": 1}, "it: extra; expected no such key"),
        ({"trunks": [[{"kind": "attention"}]]}, "it: a layer; expected one of conv, .*found attention"),
        ({"trunks": [[{"kind": "conv", "out_channels": "2", "kernel": 3}]]}, "it: conv cannot be read"),
        ({"trunks": [[{"kind": "conv", "out_channels": 2, "kernel": [3, 3, 3]}]]}, "it: conv cannot be read"),
        ({"trunks": [[{"kind": "conv", "out_channels": 2}]]}, "it: conv cannot be read"),
        (
            {"trunks": [[{"kind": "relu", "call": "run"}]]},
            "it: relu; expected known fields; found call",
        ),
        ({"trunks": [[{"kind": "conv", "out_channels": 2, "kernel": 90}]]}, "window larger than its input"),
    ],
)
def test_damaged_descriptions_are_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(OfframpError, match=words):
        network_of(describe_network(with_trunk(Conv(2, 3))) | change, "it")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"network": {}, "modules": {}}', "[" * 100_000])
def test_damaged_texts_are_refused(text: str) -> None:
    with pytest.raises(OfframpError, match=r"^it\b"):
        OwnNetwork.of_text(text, "it")


def test_dropout_is_for_training_alone() -> None:
    plain, dropping = (
        with_trunk(Conv(8, 3), Relu(), *between, Conv(8, 3)) for between in ((), (Dropout(0.5),))
    )
    names = [[one.name for part in lower(spec).values() for one in part] for spec in (plain, dropping)]
    assert names[0] == names[1]
    x = torch.rand(2, 1, 8, 8)
    for build in (build_float, lambda spec: build_quantized(spec, QuantConfig())):
        torch.manual_seed(0)
        one, other = build(plain), build(dropping)
        other.load_state_dict(one.state_dict())
        assert torch.equal(one.eval()(x)[0], other.eval()(x)[0])
        wire = Wire(one.prepare_input(x), one.pixel_scale)
        one.train(), other.train()
        kept, dropped = (net.chain(next(iter(net.spec.topology)))(wire).value for net in (one, other))
        assert not torch.equal(kept, dropped)


def test_dropout_at_the_end_of_a_segment_is_refused() -> None:
    with pytest.raises(OfframpError, match=r"layer trunk0.dropout0; expected a layer with weights or a pool"):
        with_trunk(Conv(2, 3), Dropout(0.5), Relu())
    with pytest.raises(OfframpError, match=r"dropout0: dropout; expected a share from 0 to less than 1"):
        with_trunk(Dropout(1.0), Conv(2, 3))
