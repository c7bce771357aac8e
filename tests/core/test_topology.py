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


CUT = ("trunk0", "head0", "trunk1p0m", "trunk1p0s", "trunk1p1", "trunk1p2m", "trunk1p2s", "trunk1p3", "head1")


def test_a_trunk_with_blocks_is_cut_into_pieces() -> None:
    cut = Topology.of(CUT[::-1])
    assert names(cut.parts) == list(CUT)
    assert cut.exits == 2
    assert names(cut.stage(1)) == list(CUT[2:])
    assert names(cut.path(1)) == ["trunk0", *CUT[2:]]
    assert cut.end(trunk(1)) == Part.named("trunk1p3")
    assert cut.end(trunk(0)) == trunk(0)
    assert Topology.around(map(Part.named, CUT[2:])) == cut
    assert {part.whole for part in cut.stage(1)} == {trunk(1), head(1)}


def test_pieces_read_what_is_in_front_of_them() -> None:
    cut = Topology.of(CUT)
    read = {part.name: names(cut.sources(part)) for part in cut}
    assert read == {
        "trunk0": [],
        "head0": ["trunk0"],
        "trunk1p0m": ["trunk0"],
        "trunk1p0s": ["trunk0"],
        "trunk1p1": ["trunk1p0m", "trunk1p0s"],
        "trunk1p2m": ["trunk1p1"],
        "trunk1p2s": ["trunk1p1"],
        "trunk1p3": ["trunk1p2m", "trunk1p2s"],
        "head1": ["trunk1p3"],
    }
    made = {one: one.name for one in cut.path(1)}
    assert cut.read(Part.named("trunk1p3"), made, "image") == ["trunk1p2m", "trunk1p2s"]
    assert cut.read(Part.named("trunk1p0s"), {}, "image") == ["image"]


@pytest.mark.parametrize(
    "pieces",
    [
        ["trunk0p0"],
        ["trunk0p0", "trunk0p1"],
        ["trunk0p0m", "trunk0p1"],
        ["trunk0p0", "trunk0p1m", "trunk0p1s"],
        ["trunk0p0m", "trunk0p0s", "trunk0p1m", "trunk0p1s", "trunk0p2"],
        ["trunk0p0m", "trunk0p0s", "trunk0p2"],
        ["trunk0p0", "trunk0p0m", "trunk0p0s", "trunk0p1"],
    ],
)
def test_pieces_that_are_no_chains_and_blocks_in_turn_are_refused(pieces: list[str]) -> None:
    with pytest.raises(
        BadOption, match="pieces of trunk0; expected chains and blocks of two branches in turn"
    ):
        Topology.of([*pieces, "head0"])
