"""The places of a backbone: where they are, what they cost, and the call that attaches exits there."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from torch import nn

import hw_models
import toolkit as offramp
from hw_models import BatchNorm, Conv, Dropout, Flatten, Linear, MaxPool, NetworkSpec, Relu
from hw_models.attach import with_exits
from hw_models.description import describe_network
from hw_models.floating import build_float
from hw_models.own import Images
from hw_models.own.network import OwnModule
from hw_models.residual import Residual
from toolkit.core.errors import BadOption, OfframpError, UnknownName
from toolkit.explore.places.candidates import HEADS, CandidatePlaces, head_of
from toolkit.explore.places.heads import backbone_state

TRUNK = (Conv(4, 3), MaxPool(2), Relu(), Dropout(0.1), Conv(6, 3), Relu(), Flatten(), Linear(9), Relu())
NET = NetworkSpec("net", (1, 14, 14), 3, (TRUNK,), ((Linear(3),),), (1.0,))
IMAGES = Images("noise", (1, 14, 14), 3)


def plain() -> nn.Module:
    convs = [nn.Conv2d(1, 4, 3), nn.MaxPool2d(2), nn.ReLU(), nn.Dropout(0.1), nn.Conv2d(4, 6, 3), nn.ReLU()]
    return nn.Sequential(*convs, nn.Flatten(), nn.Linear(96, 9), nn.ReLU(), nn.Linear(9, 3))


def test_places_are_between_layers_with_work() -> None:
    found = CandidatePlaces.of(NET)
    assert found.after == ("trunk0.conv0", "trunk0.relu0", "trunk0.relu1")
    assert found.shapes == ((4, 12, 12), (4, 6, 6), (6, 4, 4))
    assert found.heads[1] == (MaxPool((2, 2)), Flatten(), Linear(3))


@pytest.mark.parametrize("name", ["b_lenet_fcn", "cnn_cifar10", "b_alexnet_cifar"])
def test_places_of_shipped_networks_make_networks(name: str) -> None:
    network = hw_models.get(name)
    for kind in HEADS:
        found = CandidatePlaces.of(network, kind)
        assert found.backbone.exits == 1
        assert found.network().exits == len(found.after) + 1 > 3
        assert found.network().backbone().trunks == found.backbone.trunks


@pytest.mark.parametrize("kind", HEADS)
def test_costs_are_those_of_the_network_with_these_exits(kind: str) -> None:
    found = CandidatePlaces.of(hw_models.get("b_lenet"), kind)
    assert found.costs([]) == (found.static,)
    for size in (1, 2, 3):
        for places in combinations(range(len(found.after)), size):
            assert found.costs(places) == hw_models.macs_to_exit(found.network(places))
    assert found.to_exit == tuple(found.costs([place])[0] for place in range(len(found.after)))


def test_heads() -> None:
    assert head_of("pool", (9,), 3) == (Linear(3),)
    assert head_of("pool", (8, 4, 3), 3) == (Flatten(), Linear(3))
    assert head_of("pool", (8, 9, 1), 3) == (MaxPool((3, 1)), Flatten(), Linear(3))
    assert head_of("linear", (8, 9, 1), 3) == (Flatten(), Linear(3))
    assert head_of("conv", (8, 8, 8), 3)[:3] == (Conv(16, 3, padding=1), Relu(), MaxPool((2, 2)))


@pytest.mark.parametrize("kind", HEADS)
def test_the_call_for_a_shipped_network_attaches_these_exits(kind: str) -> None:
    found = CandidatePlaces.of(hw_models.get("b_lenet_se"), kind)
    names: dict[str, Any] = {"with_exits": with_exits, "hw_models": hw_models}
    names |= {one.__name__: one for one in (Conv, Flatten, Linear, MaxPool, Relu)}
    made = eval(found.code([0, 2]), names)
    assert describe_network(made) == describe_network(found.network([0, 2]))


@pytest.mark.parametrize("kind", HEADS)
def test_the_call_for_a_users_network_attaches_these_exits(kind: str) -> None:
    own, _ = OwnModule(plain, "net").read(IMAGES)
    found = CandidatePlaces.of(own.network, kind, modules=own.modules)
    assert [found.shown(k) for k in range(3)] == ["0", "2", "5"]
    names = {"offramp": offramp, "nn": nn, "model": plain()}
    made, _ = OwnModule(eval(found.code([0, 2]), names), "net_exits").read(IMAGES)
    assert describe_network(made.network) == describe_network(found.network([0, 2]))


def test_places_lie_behind_residual_blocks_and_their_relu_never_inside() -> None:
    block = Residual((Conv(4, 3, padding=1), BatchNorm(), Relu(), Conv(4, 3, padding=1)), (Conv(4, 1),))
    trunk = (Conv(4, 3), Relu(), block, Relu(), block, Conv(5, 3), Relu())
    network = NetworkSpec("net", (1, 14, 14), 3, (trunk,), ((Flatten(), Linear(3)),), (1.0,))
    found = CandidatePlaces.of(network)
    assert found.after == ("trunk0p0.relu0", "trunk0p2.relu0", "trunk0p3m.add")
    assert found.shapes == ((4, 12, 12),) * 3
    assert found.network().trunks == (trunk[:2], trunk[2:4], trunk[4:5], trunk[5:])
    assert found.costs([0, 2]) == hw_models.macs_to_exit(found.network([0, 2]))
    state = build_float(network).state_dict()
    moved = build_float(found.network())
    missing, other = moved.load_state_dict(backbone_state(network, state, found.network()), strict=False)
    assert {name.split(".")[0] for name in missing} == {"heads"}
    assert not other
    back = backbone_state(found.network(), moved.state_dict(), network)
    assert {name: value.tolist() for name, value in back.items()} == {
        name: value.tolist() for name, value in state.items()
    }


def test_exits_that_a_network_has_do_not_count() -> None:
    own, _ = OwnModule(offramp.attach_exits(plain(), after=["2", "5"]), "net").read(IMAGES)
    found = CandidatePlaces.of(own.network, modules=own.modules)
    assert found.after == CandidatePlaces.of(NET).after
    assert [found.shown(k) for k in range(3)] == ["model.0", "model.2", "model.5"]


def test_a_function_is_no_module() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second, self.last = nn.Conv2d(1, 4, 3), nn.Conv2d(4, 4, 3), nn.Linear(400, 3)

        def forward(self, x: Any) -> Any:
            return self.last(self.second(self.first(x).relu()).flatten(1))

    own, _ = OwnModule(Net, "Net").read(IMAGES)
    found = CandidatePlaces.of(own.network, modules=own.modules)
    assert found.after == ("trunk0.relu0",)
    assert (found.shown(0), found.code([0])) == ("trunk0.relu0", "")


@pytest.mark.parametrize(
    ("head", "after", "error", "words"),
    [
        ("pol", [], UnknownName, "unknown head 'pol'; expected one of conv, linear, pool. Did you mean pool"),
        ("pool", ["trunk0.cnv0"], UnknownName, "unknown layer 'trunk0.cnv0'.*Did you mean .*trunk0.conv0"),
        ("pool", ["trunk0.relu2"], BadOption, "exit after trunk0.relu2; expected one of trunk0.conv0, "),
        ("pool", ["trunk0.flatten0"], BadOption, "exit after trunk0.flatten0; .*found no place for one"),
    ],
)
def test_what_is_no_place_is_named(
    head: str, after: list[str], error: type[OfframpError], words: str
) -> None:
    with pytest.raises(error, match=words):
        CandidatePlaces.of(NET, head, after)


def test_a_network_that_names_no_classes_has_no_place() -> None:
    with pytest.raises(BadOption, match="found one for reconstruction: a frame leaves early when its class"):
        CandidatePlaces.of(hw_models.get("autoencoder"))
    with pytest.raises(BadOption, match=r"found one for sequence$"):
        CandidatePlaces.of(hw_models.get("b_lenet_numbers"))


def test_layers_are_chosen_by_name_or_by_path() -> None:
    assert CandidatePlaces.of(NET, "pool", ["trunk0.relu1", "trunk0.conv0"]).after == (
        "trunk0.conv0",
        "trunk0.relu1",
    )
    own, _ = OwnModule(plain, "net").read(IMAGES)
    assert CandidatePlaces.of(own.network, "pool", ["5"], own.modules).after == ("trunk0.relu1",)
    with pytest.raises(UnknownName, match=r"unknown layer '11'; expected one of 0, 1, "):
        CandidatePlaces.of(own.network, "pool", ["11"], own.modules)


@pytest.mark.parametrize("trunk", [(Conv(4, 3), Relu()), (MaxPool(2),)])
def test_a_network_of_one_layer_has_no_place(trunk: tuple[Any, ...]) -> None:
    one = NetworkSpec("one", (1, 4, 4), 3, (trunk,), ((Flatten(), Linear(3)),), (1.0,))
    with pytest.raises(BadOption, match="places for an exit in one; expected a backbone of at least two"):
        CandidatePlaces.of(one)
