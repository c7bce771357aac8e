"""Parts of a network are values; their names are read back, also beyond the ninth."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.core.errors import BadOption
from toolkit.core.topology import Part, Topology, head, trunk


def names(parts: tuple[Part, ...]) -> list[str]:
    return [part.name for part in parts]


def test_the_chains_of_two_exits() -> None:
    two = Topology(2)
    assert names(two.parts) == ["trunk0", "head0", "trunk1", "head1"]
    assert names(two.path(0)) == ["trunk0", "head0"]
    assert names(two.path(1)) == names(two.static) == ["trunk0", "trunk1", "head1"]
    assert names(two.stage(1)) == ["trunk1", "head1"]
    assert list(two) == list(two.parts)


@given(st.integers(1, 30))
def test_parts_are_read_back_whatever_their_order(exits: int) -> None:
    topology = Topology(exits)
    shuffled = names(topology.parts)
    random.Random(exits).shuffle(shuffled)
    assert Topology.of(shuffled) == topology
    assert sorted(map(Part.named, shuffled)) == list(topology.parts)
    assert [Part.named(name) for name in names(topology.parts)] == list(topology.parts)


@given(st.integers(0, 200))
def test_indices_are_read_back(k: int) -> None:
    assert Part.named(trunk(k).name).k == Part.named(head(k).name).k == k


def test_the_eleventh_trunk_is_not_the_first() -> None:
    assert trunk(10) != trunk(0)
    assert not Part.named("trunk10") < Part.named("head9")


@pytest.mark.parametrize("name", ["trunk", "trunk01", "trunk-1", "tail0", "head0 ", "xtrunk0", ""])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(BadOption, match="part of a network; expected trunk0, head0"):
        Part.named(name)


@pytest.mark.parametrize("parts", [[], ["trunk0"], ["trunk0", "head0", "head0"], ["trunk0", "head1"]])
def test_a_network_with_a_part_missing_or_doubled_is_refused(parts: list[str]) -> None:
    with pytest.raises(BadOption, match=r"parts of a network; expected \[trunk0, head0\]"):
        Topology.of(parts)


def test_a_network_without_exits_is_refused() -> None:
    with pytest.raises(BadOption, match="exits of a network; expected at least 1; found 0"):
        Topology(0)
