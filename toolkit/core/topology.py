"""The parts of an early-exit network and the chains that they form, as values.

Trunk k is the backbone between exit k-1 and exit k, head k the classifier of exit k. Exit path k is trunk 0
to k, then head k; stage k is trunk k with head k. The names of parts in RTL, files and graphs (``trunk0``)
are made and parsed only here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import total_ordering

from toolkit.core.errors import BadOption


class Kind(StrEnum):
    """Kind of a part of a network."""

    TRUNK = "trunk"
    HEAD = "head"


_NAME = re.compile(rf"({'|'.join(Kind)})(0|[1-9][0-9]*)")


@total_ordering
@dataclass(frozen=True)
class Part:
    """A trunk or a head: the unit of compilation. Ordered trunk 0, head 0, trunk 1, ..."""

    kind: Kind
    k: int

    @property
    def name(self) -> str:
        """Name of the part: ``trunk0``, ``head10`` ..."""
        return f"{self.kind}{self.k}"

    def __str__(self) -> str:
        return self.name

    def __lt__(self, other: Part) -> bool:
        return (self.k, self.kind == Kind.HEAD) < (other.k, other.kind == Kind.HEAD)

    @property
    def is_head(self) -> bool:
        """Whether it is a classifier."""
        return self.kind == Kind.HEAD

    @classmethod
    def named(cls, name: str) -> Part:
        """Parse the name of a part.

        Raises:
            BadOption: no part has such a name.
        """
        found = _NAME.fullmatch(name)
        if found is None:
            raise BadOption("part of a network", expected="trunk0, head0, trunk1, ...", found=repr(name))
        return cls(Kind(found[1]), int(found[2]))


def trunk(k: int) -> Part:
    """Return trunk k: the backbone layers between exit k-1 and exit k."""
    return Part(Kind.TRUNK, k)


def head(k: int) -> Part:
    """Return head k: the classifier of exit k."""
    return Part(Kind.HEAD, k)


@dataclass(frozen=True)
class Topology:
    """The parts of a network with ``exits`` exits, and the chains that they form."""

    exits: int

    def __post_init__(self) -> None:
        if self.exits < 1:
            raise BadOption("exits of a network", expected="at least 1", found=self.exits)

    @classmethod
    def of(cls, parts: Iterable[str | Part]) -> Topology:
        """Return the topology that has exactly these parts, given in any order.

        Raises:
            BadOption: a part is missing, or is there twice.
        """
        found = sorted(part if isinstance(part, Part) else Part.named(part) for part in parts)
        topology = cls(max(1, len(found) // 2))
        if found != list(topology.parts):
            expected = ", ".join(map(str, topology.parts))
            there = f"[{', '.join(map(str, found))}]"
            raise BadOption("parts of a network", expected=f"[{expected}]", found=there)
        return topology

    @property
    def last(self) -> int:
        """Index of the last exit."""
        return self.exits - 1

    @property
    def indices(self) -> range:
        """Index of every exit, which is also that of its stage and exit path."""
        return range(self.exits)

    @property
    def parts(self) -> tuple[Part, ...]:
        """All parts: trunk 0, head 0, trunk 1, ..."""
        return tuple(part for k in self.indices for part in self.stage(k))

    def stage(self, k: int) -> tuple[Part, Part]:
        """Return trunk k and head k."""
        return trunk(k), head(k)

    def path(self, k: int) -> tuple[Part, ...]:
        """Return exit path k: trunk 0 to k, then head k."""
        return (*map(trunk, range(k + 1)), head(k))

    @property
    def static(self) -> tuple[Part, ...]:
        """Parts of the network without early exits: the last exit path."""
        return self.path(self.last)

    def __iter__(self) -> Iterator[Part]:
        return iter(self.parts)


def path_name(k: int) -> str:
    """Return the name of exit path k and of its accelerator."""
    return f"exit{k}"


def stage_name(k: int) -> str:
    """Return the name of stage k's accelerator."""
    return f"stage{k}"
