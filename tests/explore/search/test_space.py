"""What a search may try, and how far two points are apart."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from hw_models import QuantConfig
from tests.conftest import TINY
from toolkit.explore.search.draws import UsualDraws
from toolkit.explore.search.exits import ExitSpace
from toolkit.explore.search.space import Space, Variant

LAYERS = ("trunk0.conv0", "head0.linear0", "trunk1.conv0", "trunk1.linear0", "head1.linear0")


class Counting:
    """Draws 2, 3, 4, ... and remembers what for."""

    def __init__(self) -> None:
        self.asked: dict[str, tuple[int, int, int]] = {}

    def suggest_int(self, name: str, low: int, high: int) -> int:
        value = low + len(self.asked) % (high - low + 1)
        self.asked[name] = (low, high, value)
        return value

    def suggest_categorical(self, name: str, choices: Sequence[str]) -> str:
        return choices[-1]


def space(*, mixed: bool, least: int = 2, most: int = 8, exits: ExitSpace | None = None) -> Space:
    return Space(TINY, QuantConfig(per_channel=True), least, most, mixed, exits)


def test_uniform_widths_are_two_numbers() -> None:
    draws = Counting()
    assert space(mixed=False).draw(draws) == Variant(TINY, QuantConfig(2, 3, per_channel=True))
    assert draws.asked == {"weights": (2, 8, 2), "acts": (2, 8, 3)}


def test_mixed_widths_are_two_numbers_per_layer() -> None:
    found = space(mixed=True).draw(Counting()).quant
    assert set(found.overrides) == set(LAYERS)
    assert found.overrides["trunk0.conv0"] == (2, 3)
    assert found.overrides["head1.linear0"] == (3, 4)
    assert found.per_channel


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize(("least", "most", "first"), [(2, 8, 4), (5, 8, 5), (2, 3, 3)])
def test_the_first_trial_has_the_usual_bits(mixed: bool, least: int, most: int, first: int) -> None:
    one, draws = space(mixed=mixed, least=least, most=most), Counting()
    one.draw(draws)
    assert one.first() == dict.fromkeys(draws.asked, first)


def test_exit_rates_and_sizes_are_drawn_if_they_are_searched() -> None:
    one = Space(TINY, QuantConfig(), 2, 8, mixed=False, exit_rate=0.95, luts=8000)
    assert one.first() == {"weights": 4, "acts": 4, "rate": 95, "size": 0}
    found = one.draw(draws := Counting())
    assert draws.asked["rate"] == (5, 99, 7)
    assert draws.asked["size"] == (0, 16, 3)
    assert (found.exit_rate, found.luts) == (0.07, round(8000 / 2**0.75))
    assert found.trained == Variant(TINY, QuantConfig(2, 3))
    alone = Space(TINY.backbone(), QuantConfig(), 2, 8, mixed=False, exit_rate=0.95)
    assert "rate" not in alone.first(), "no frame leaves early"


def test_distance_counts_bits_of_every_layer() -> None:
    one = space(mixed=True)

    def to(quant: QuantConfig) -> int:
        return one.distance(Variant(TINY, QuantConfig()), Variant(TINY, quant))

    assert to(QuantConfig()) == 0
    assert to(QuantConfig(overrides={"trunk1.conv0": (2, 7)})) == 5
    assert to(QuantConfig(overrides={"head1.linear0": (8, 8)})) == 4  # nothing behind it
    # five layers with weights, three quantisers
    assert to(QuantConfig(weight_bits=5, act_bits=6)) == 5 + 2 * 3


EXITS = ExitSpace.of(TINY, ["conv"], 1, 2)


def test_a_layer_of_the_backbone_has_one_name_wherever_exits_are() -> None:
    mixed, draws = space(mixed=True, exits=EXITS), Counting()
    found = mixed.draw(draws)
    assert found.network.exits == 3
    assert set(found.quant.overrides) == {
        *("trunk0.conv0", "head0.conv0", "head0.linear0"),
        *("head1.conv0", "head1.linear0"),
        *("trunk2.conv0", "trunk2.linear0", "head2.linear0"),
    }
    drawn = {name.removesuffix(" acts") for name in draws.asked if name.endswith(" acts")}
    shared = {"trunk0.conv0", "trunk0.conv1", "trunk0.linear0", "head0.linear0"}
    assert drawn == shared | {f"early head{k}.{layer}" for k in range(2) for layer in ("conv0", "linear0")}
    mixed.draw(own := UsualDraws({"weights": 4, "acts": 4}))
    assert {name.removesuffix(" acts") for name in own.made if name.endswith(" acts")} == (
        shared | {"early head0.linear0"}
    )
    assert mixed.first() == own.made


def test_distance_to_other_exits_is_that_of_the_backbone() -> None:
    one = space(mixed=False, exits=EXITS)
    other = one.draw(Counting()).network
    usual = Variant(TINY, QuantConfig())
    assert one.distance(usual, Variant(other, QuantConfig())) == 0
    # four layers of the backbone
    assert one.distance(usual, Variant(other, QuantConfig(weight_bits=5, act_bits=6))) == 4 * (1 + 2)
    assert one.distance(Variant(other, QuantConfig(overrides={"head0.linear0": (8, 8)})), usual) == 0
