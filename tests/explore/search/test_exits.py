"""Exits that a search may try: places and heads, the network as it is, and what cannot be searched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

import hw_models
from hw_models import Conv, Flatten, Linear, MaxPool, NetworkSpec, Relu
from toolkit.core.errors import BadOption, OfframpError, UnknownName
from toolkit.explore.places.candidates import CandidatePlaces
from toolkit.explore.search.exits import ExitSpace
from toolkit.explore.search.result import OWN_HEAD, PlacedExit

TRUNK = (Conv(4, 3), MaxPool(2), Relu(), Conv(6, 3), Relu(), Flatten(), Linear(9), Relu())
NET = NetworkSpec("net", (1, 14, 14), 3, (TRUNK,), ((Linear(3),),), (1.0,))


class Planned:
    """Draws what is planned; what is not, it must not be asked for."""

    def __init__(self, plan: Mapping[str, Any]) -> None:
        self._plan = dict(plan)

    def suggest_int(self, name: str, low: int, high: int) -> int:
        value = self._plan.pop(name)
        assert low <= value <= high
        return int(value)

    def suggest_categorical(self, name: str, choices: Sequence[str]) -> str:
        value = self._plan.pop(name)
        assert value in choices
        return str(value)


def two(first: tuple[int, str], second: tuple[int, str]) -> Planned:
    places = {f"exit {k} place": place for k, (place, _) in enumerate((first, second))}
    heads = {f"exit {k} head": head for k, (_, head) in enumerate((first, second))}
    return Planned({"exits": "2", **places, **heads})


def test_exits_are_in_the_order_of_the_backbone_each_with_its_head() -> None:
    space = ExitSpace.of(NET, ["pool", "conv"], 1, 2)
    found = space.draw(two((1, "conv"), (0, "pool")))
    assert found.exits == (
        PlacedExit(after="trunk0.conv0", head="pool"),
        PlacedExit(after="trunk0.relu0", head="conv"),
    )
    assert found.network.name == "net_p0_c1"
    assert found.network == CandidatePlaces.of(NET).network([0, 1], ["pool", "conv"], "net_p0_c1")
    assert found.network.backbone().trunks == NET.trunks
    assert space.draw(two((0, "pool"), (1, "conv"))) == found


def test_of_two_exits_at_one_place_one_takes_the_next() -> None:
    space = ExitSpace.of(NET, ["linear"], 1, 2)
    assert space.draw(two((2, "linear"), (2, "linear"))).network.name == "net_l0_l2"


def test_a_head_that_needs_no_pool_is_called_linear() -> None:
    found = ExitSpace.of(NET, ["pool", "conv"], 1, 2).draw(two((2, "pool"), (0, "pool")))
    assert [one.head for one in found.exits] == ["pool", "linear"], "a map of 4x4"


def test_the_network_as_it_is_is_one_of_them_if_it_has_as_many() -> None:
    network = hw_models.get("b_lenet_se")
    own = ExitSpace.of(network, ["pool"], 0, 2).draw(Planned({"exits": "as it is"}))
    assert own.network == network
    assert own.exits == (PlacedExit(after="trunk0.relu0", head=OWN_HEAD),)
    none = ExitSpace.of(network, ["pool"], 0, 2).draw(Planned({"exits": "0"}))
    assert (none.network, none.exits) == (network.backbone(), ())
    with pytest.raises(AssertionError):
        ExitSpace.of(network, ["pool"], 2, 2).draw(Planned({"exits": "as it is"}))
    assert ExitSpace.of(NET, ["pool"], 0, 1).draw(Planned({"exits": "0"})).network == NET


def test_places_have_the_paths_of_a_users_own_network() -> None:
    space = ExitSpace.of(NET, ["pool"], 1, 1, {"trunk0.conv0": "features.0"})
    found = space.draw(Planned({"exits": "1", "exit 0 place": 0, "exit 0 head": "pool"}))
    assert found.exits == (PlacedExit(after="features.0", head="pool"),)


def test_names_fit() -> None:
    long = NetworkSpec("n" * 64, NET.input_shape, 3, NET.trunks, NET.heads, (1.0,))
    name = ExitSpace.of(long, ["pool"], 1).draw(two((0, "pool"), (1, "pool"))).network.name
    assert name == "n" * 58 + "_p0_p1"


@pytest.mark.parametrize(("least", "counts"), [(0, [0, 1, 2]), (1, [1, 2]), (3, [3])])
def test_two_exits_are_tried_at_most_unless_asked(least: int, counts: list[int]) -> None:
    assert list(ExitSpace.of(NET, ["pool"], least).counts) == counts


def test_no_more_than_there_are_places() -> None:
    one = NetworkSpec("one", (1, 14, 14), 3, (TRUNK[:5],), ((Flatten(), Linear(3)),), (1.0,))
    assert list(ExitSpace.of(one, ["pool"], 1).counts) == [1, 2]
    single = NetworkSpec("single", (1, 4, 4), 3, ((Conv(4, 3), Conv(2, 1)),), one.heads, (1.0,))
    assert list(ExitSpace.of(single, ["pool"], 1).counts) == [1]


@pytest.mark.parametrize(
    ("network", "heads", "numbers", "error", "said"),
    [
        (NET, ["pool", "cnv"], (1, 2), UnknownName, "unknown head 'cnv'.*Did you mean conv"),
        (NET, ["pool"], (1, 4), BadOption, "early exits to try; expected at most 3, .* in net; found 4"),
        (NET, ["pool"], (4, None), BadOption, "early exits to try; expected at most 3, .* in net; found 4"),
        (
            NetworkSpec("flat", (1, 4, 4), 3, ((MaxPool(2),),), ((Flatten(), Linear(3)),), (1.0,)),
            ["pool"],
            (0, 1),
            BadOption,
            "places for an exit in flat; expected a backbone of at least two",
        ),
        (hw_models.get("autoencoder"), ["pool"], (1, 2), BadOption, "found one for reconstruction"),
    ],
)
def test_what_cannot_be_searched_is_named(
    network: NetworkSpec,
    heads: list[str],
    numbers: tuple[int, int | None],
    error: type[OfframpError],
    said: str,
) -> None:
    with pytest.raises(error, match=said):
        ExitSpace.of(network, heads, *numbers)
