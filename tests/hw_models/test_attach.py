"""Early exits attached to a description."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

import hw_models
from hw_models import Flatten, Linear
from hw_models.attach import with_exits
from hw_models.description import describe_network
from hw_models.own import Images
from hw_models.spec import NetworkSpec
from tests.hw_models.own.files import described
from toolkit.core.errors import OfframpError, UnknownName

MODULE = """
from torch import nn
import toolkit as offramp

def convs(before, channels):
    for one in (before, channels):
        yield from (nn.Conv2d(one, channels, 3, padding=1), nn.ReLU())
    yield nn.MaxPool2d(2)

def cnn_cifar10_ee():
    body = [*convs(3, 32), *convs(32, 64), *convs(64, 128), nn.Flatten()]
    tail = [nn.Linear(2048, 1024), nn.ReLU(), nn.Linear(1024, 512), nn.ReLU(), nn.Linear(512, 10)]
    conv = nn.LazyConv2d(32, 3, stride=2, padding=1)
    head = nn.Sequential(conv, nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.LazyLinear(10))
    return offramp.attach_exits(nn.Sequential(*body, *tail), after=["4", "9"], head=head)
"""


def attached(after: Sequence[str], network: NetworkSpec) -> NetworkSpec:
    weights = [1.0] * (len(after) + 1)
    return with_exits(network, "more", after, (Flatten(), Linear(10)), weights)


def test_the_shipped_network_is_what_a_user_gets_of_a_module(tmp_path: Path) -> None:
    images = Images("cifar10", (3, 32, 32), 10)
    own = described(tmp_path, MODULE, name="cnn_cifar10_ee", images=images).network
    shipped = hw_models.get("cnn_cifar10_ee")
    assert describe_network(own) == describe_network(shipped)


def test_layers_stay_and_every_exit_gets_its_head() -> None:
    static = hw_models.get("cnn_cifar10")
    more = attached(["trunk0.relu0", "trunk0.pool2"], static)
    assert more.backbone().trunks == static.trunks
    assert [len(trunk) for trunk in more.trunks] == [2, 13, 5]
    assert more.heads == ((Flatten(), Linear(10)), (Flatten(), Linear(10)), *static.heads)


@pytest.mark.parametrize(
    ("after", "network", "message"),
    [
        ([], "cnn_cifar10", "layers, each once, in order"),
        (["trunk0.pool1", "trunk0.pool0"], "cnn_cifar10", "layers, each once, in order"),
        (["trunk0.pool0", "trunk0.pool0"], "cnn_cifar10", "layers, each once, in order"),
        (["trunk0.pool9"], "cnn_cifar10", "Did you mean trunk0.pool"),
        (["head0.linear0"], "cnn_cifar10", "layer of cnn_cifar10"),
        (["trunk0.pool0"], "tw_smallcnn", "one, its last"),
    ],
)
def test_impossible_exits_are_refused(after: list[str], network: str, message: str) -> None:
    with pytest.raises(OfframpError, match=message):
        attached(after, hw_models.get(network))


def test_an_exit_may_sit_behind_a_residual_block_and_not_inside_one() -> None:
    plain = hw_models.get("resnet8_backbone")
    early = hw_models.get("resnet8")
    after = ["trunk0p2.relu0", "trunk0p4.relu0"]
    found = with_exits(plain, "resnet8", after, early.heads[0], early.exit_weights)
    assert found == early
    with pytest.raises(UnknownName, match="layer of resnet8_backbone"):
        with_exits(plain, "resnet8", ["trunk0p1m.relu0"], early.heads[0], (1.0, 1.0))
