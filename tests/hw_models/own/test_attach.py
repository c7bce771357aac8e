"""Early exits attached to a network without any."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

import toolkit as offramp
from tests.hw_models.own.files import NET, PLAIN, described
from toolkit.core.errors import OfframpError, UnknownName


def plain() -> nn.Sequential:
    first, second = nn.Conv2d(1, 4, 3, 2), nn.Conv2d(4, 8, 3, 2)
    return nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))


def test_the_logits_of_the_exits_come_before_the_networks_own() -> None:
    net = plain()
    head = nn.Sequential(nn.Flatten(), nn.LazyLinear(10))
    attached = offramp.attach_exits(net, after=["1", "3"], head=head)
    x = torch.rand(2, 1, 28, 28)
    outputs = attached(x)
    assert [tuple(one.shape) for one in outputs] == [(2, 10)] * 3
    assert torch.equal(outputs[2], net(x))
    assert torch.equal(outputs[0], attached.exits[0](net[:2](x)))  # type: ignore[index, operator]
    assert not any(module._forward_hooks for module in attached.modules())


POOLED = "nn.Sequential(nn.MaxPool2d(2), nn.Flatten(), nn.LazyLinear(10))"
RELU = "nn.Sequential(nn.ReLU(), nn.Flatten(), nn.Linear(676, 10))"


@pytest.mark.parametrize(
    ("call", "kinds"),
    [
        ('after=["1"]', ["flatten", "linear"]),
        (f'after=["1"], head={POOLED}', ["pool", "flatten", "linear"]),
        (f'after=["0"], head=[{RELU}]', ["relu", "flatten", "linear"]),
    ],
)
def test_attached_exits_are_exits(tmp_path: Path, call: str, kinds: list[str]) -> None:
    text = f"def two():\n    return offramp.attach_exits(plain(), {call})\n"
    own = described(tmp_path, NET + PLAIN + text, name="two")
    assert [layer.kind for layer in own.network.heads[0]] == kinds
    assert own.modules["trunk0.conv0"] == "model.0"
    assert own.modules["head0.linear0"].startswith("exits.0.")


def test_exits_are_attached_behind_blocks_and_to_networks_with_exits(tmp_path: Path) -> None:
    text = """
def three():
    net = MyNet()
    return offramp.attach_exits(net, after=["first.0"], head=nn.Sequential(nn.Flatten(), nn.Linear(576, 10)))


def four():
    return offramp.attach_exits(three(), after=["model.first"])
"""
    assert described(tmp_path, NET + text, name="three").network.exits == 3
    with pytest.raises(OfframpError, match=r"exit0 behind .*, exit1 behind "):
        described(tmp_path, NET + text, name="four")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            'after=["layr"]',
            r"my_net\.py:\d+: unknown layer in attach_exits: after 'layr'; expected",
        ),
        ("after=[]", r"my_net\.py:\d+: attach_exits: after; expected names of layers, each once; found \[\]"),
        ('after=["1", "1"]', "attach_exits: after; expected names of layers, each once"),
        ('after="1"', "attach_exits: after; expected names of layers, each once"),
        ('after=["1"], head=[]', "attach_exits: head; expected a module, or 1 of them, .* found 0"),
        ('after=["1"], head=[3]', "attach_exits: head; expected a module, or 1 of them, .*found 1: int"),
        ('after=["3", "1"]', "exit0 behind ReLU model.3 .*, exit1 behind ReLU model.1 "),
        ('after=["5"]', "exits of bad; expected the last exit last"),
        (
            'after=["1"], head=nn.Conv2d(4, 10, 13)',
            "exit0 of bad, Conv2d exits.0 .*; expected 10 classes",
        ),
        ('after=["1"], head=nn.Linear(3, 10)', "Linear exits.0 .* on digits, 1x28x28; expected its input"),
    ],
)
def test_exits_that_cannot_be_attached_are_refused(tmp_path: Path, call: str, words: str) -> None:
    text = f"def bad():\n    return offramp.attach_exits(plain(), {call})\n"
    with pytest.raises(OfframpError, match=words):
        described(tmp_path, NET + PLAIN + text, name="bad")


def test_an_exit_behind_a_layer_that_is_never_called_is_refused(tmp_path: Path) -> None:
    text = """
def bad():
    net = MyNet()
    net.spare = nn.ReLU()
    return offramp.attach_exits(net, ["spare"])
"""
    with pytest.raises(OfframpError, match="exit after spare; expected a layer that forward calls"):
        described(tmp_path, NET + text, name="bad")


def test_a_network_without_a_linear_layer_needs_a_head() -> None:
    with pytest.raises(OfframpError, match="head; expected a head for a network without Linear"):
        offramp.attach_exits(nn.Sequential(nn.ReLU()), after=["0"])
    with pytest.raises(UnknownName, match="unknown layer"):
        offramp.attach_exits(plain(), after=["conv"])


def test_the_package_offers_what_it_says() -> None:
    assert all(hasattr(offramp, name) for name in offramp.__all__)
    assert not hasattr(offramp, "attach")
