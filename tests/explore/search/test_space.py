"""What a search may try, and how far two points are apart."""

from __future__ import annotations

import pytest

from hw_models import QuantConfig
from tests.conftest import TINY
from toolkit.explore.search.space import Space

LAYERS = ("trunk0.conv0", "head0.linear0", "trunk1.conv0", "trunk1.linear0", "head1.linear0")


class Counting:
    """Draws 2, 3, 4, ... and remembers what for."""

    def __init__(self) -> None:
        self.asked: dict[str, tuple[int, int, int]] = {}

    def suggest_int(self, name: str, low: int, high: int) -> int:
        value = low + len(self.asked) % (high - low + 1)
        self.asked[name] = (low, high, value)
        return value


def space(*, mixed: bool, least: int = 2, most: int = 8) -> Space:
    return Space(TINY, QuantConfig(per_channel=True), least, most, mixed)


def test_uniform_widths_are_two_numbers() -> None:
    draws = Counting()
    assert space(mixed=False).draw(draws) == QuantConfig(2, 3, per_channel=True)
    assert draws.asked == {"weights": (2, 8, 2), "acts": (2, 8, 3)}


def test_mixed_widths_are_two_numbers_per_layer() -> None:
    assert space(mixed=True).layers == LAYERS
    found = space(mixed=True).draw(Counting())
    assert found.overrides["trunk0.conv0"] == (2, 3)
    assert found.overrides["head1.linear0"] == (3, 4)
    assert found.per_channel


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize(("least", "most", "first"), [(2, 8, 4), (5, 8, 5), (2, 3, 3)])
def test_the_first_trial_has_the_usual_bits(mixed: bool, least: int, most: int, first: int) -> None:
    one, draws = space(mixed=mixed, least=least, most=most), Counting()
    one.draw(draws)
    assert one.first() == dict.fromkeys(draws.asked, first)


def test_distance_counts_bits_of_every_layer() -> None:
    one = space(mixed=True)
    usual = QuantConfig()
    assert one.distance(usual, usual) == 0
    assert one.distance(usual, QuantConfig(overrides={"trunk1.conv0": (2, 7)})) == 5
    assert one.distance(usual, QuantConfig(overrides={"head1.linear0": (8, 8)})) == 4  # nothing behind it
    # five layers with weights, three quantisers
    assert one.distance(usual, QuantConfig(weight_bits=5, act_bits=6)) == 5 + 2 * 3
