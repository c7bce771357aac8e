"""The parts of an early-exit network and the chains that they form, as values.

Trunk k is the backbone between exit k-1 and exit k, head k the classifier of exit k. Exit path k is trunk 0
to k, then head k; stage k is trunk k with head k. A trunk or head with residual blocks is cut into pieces at
its forks and sums, so that every part is a chain: pieces ``trunk1p0``, ``trunk1p1m`` and ``trunk1p1s`` (main
branch and shortcut of a block), ``trunk1p2`` behind their sum. The names of parts in RTL, files and graphs
are made and parsed only here.
"""

from __future__ import annotations

import itertools
import operator
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import total_ordering
from typing import TypeVar

from toolkit.core.errors import BadOption

T = TypeVar("T")


class Kind(StrEnum):
    """Kind of a part of a network."""

    TRUNK = "trunk"
    HEAD = "head"


class Branch(StrEnum):
    """Branch of a residual block."""

    MAIN = "m"
    SHORTCUT = "s"


_NUMBER = "(0|[1-9][0-9]*)"
_NAME = re.compile(rf"({'|'.join(Kind)}){_NUMBER}(?:p{_NUMBER}({'|'.join(Branch)})?)?")


@total_ordering
@dataclass(frozen=True)
class Part:
    """A trunk or a head, or a piece of one: the unit of compilation. Ordered trunk 0, head 0, trunk 1, ...

    Attributes:
        kind, k: trunk k or head k.
        piece: position in a trunk or head that is cut; None: the whole.
        branch: branch of the residual block at this position; None: a chain.
    """

    kind: Kind
    k: int
    piece: int | None = None
    branch: Branch | None = None

    @property
    def name(self) -> str:
        """Name of the part: ``trunk0``, ``head10``, ``trunk1p0``, ``trunk1p1m`` ..."""
        return f"{self.kind}{self.k}{self.label}"

    @property
    def label(self) -> str:
        """Name inside the trunk or head, ``p1m``; empty for the whole."""
        return "" if self.piece is None else f"p{self.piece}{self.branch or ''}"

    @property
    def whole(self) -> Part:
        """The trunk or head that it is, or is a piece of."""
        return Part(self.kind, self.k)

    @property
    def sum_name(self) -> str:
        """Name of the sum of a residual block, of which this is the main branch: ``trunk1p1m.add``."""
        return f"{self}.add"

    def __str__(self) -> str:
        return self.name

    def __lt__(self, other: Part) -> bool:
        return self._order < other._order

    @property
    def _order(self) -> tuple[int, bool, int, str]:
        return self.k, self.is_head, -1 if self.piece is None else self.piece, self.branch or ""

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
        kind, k, piece, branch = found.groups()
        return cls(
            Kind(kind), int(k), None if piece is None else int(piece), Branch(branch) if branch else None
        )


def trunk(k: int) -> Part:
    """Return trunk k: the backbone layers between exit k-1 and exit k."""
    return Part(Kind.TRUNK, k)


def head(k: int) -> Part:
    """Return head k: the classifier of exit k."""
    return Part(Kind.HEAD, k)


@dataclass(frozen=True)
class Topology:
    """The parts of a network with ``exits`` exits, and how they are connected.

    Attributes:
        exits: number of exits.
        pieces: pieces of the trunks and heads that are cut, in order.
    """

    exits: int
    pieces: tuple[Part, ...] = ()

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
        wholes = [part for part in found if part.piece is None]
        cut = {part.whole for part in found} - set(wholes)
        topology = cls(max(1, (len(wholes) + len(cut)) // 2), cls.around(found).pieces)
        there = f"[{', '.join(map(str, found))}]"
        if found != list(topology.parts):
            expected = ", ".join(map(str, topology.parts))
            raise BadOption("parts of a network", expected=f"[{expected}]", found=there)
        if wrong := [whole for whole in sorted(cut) if not _well_cut(topology.cut(whole))]:
            raise BadOption(
                f"pieces of {wrong[0]}",
                expected="chains and blocks of two branches in turn, a chain at the end",
                found=there,
            )
        return topology

    @classmethod
    def around(cls, parts: Iterable[Part]) -> Topology:
        """Return the topology of a network with, among others, these parts; of those cut all pieces."""
        found = sorted(parts)
        return cls(
            1 + max((part.k for part in found), default=0),
            tuple(part for part in found if part.piece is not None),
        )

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
        """All parts: trunk 0, head 0, trunk 1, ...; of those that are cut the pieces."""
        return tuple(part for k in self.indices for part in self.stage(k))

    def cut(self, whole: Part) -> tuple[Part, ...]:
        """Return the pieces of a trunk or head, in order; itself if it is not cut."""
        return tuple(part for part in self.pieces if part.whole == whole) or (whole,)

    def stage(self, k: int) -> tuple[Part, ...]:
        """Return the parts of trunk k and head k."""
        return (*self.cut(trunk(k)), *self.cut(head(k)))

    def path(self, k: int) -> tuple[Part, ...]:
        """Return the parts of exit path k: trunk 0 to k, then head k."""
        return tuple(part for whole in (*map(trunk, range(k + 1)), head(k)) for part in self.cut(whole))

    @property
    def static(self) -> tuple[Part, ...]:
        """Parts of the network without early exits: the last exit path."""
        return self.path(self.last)

    def end(self, whole: Part) -> Part:
        """Return the part that computes the output of a trunk or head."""
        return self.cut(whole)[-1]

    def sources(self, part: Part) -> tuple[Part, ...]:
        """Return the parts whose output a part reads: none for the image, two for their sum."""
        if part.piece:
            return tuple(one for one in self.cut(part.whole) if one.piece == part.piece - 1)
        k = part.k if part.is_head else part.k - 1
        return (self.end(trunk(k)),) if k >= 0 else ()

    def read(self, part: Part, made: Mapping[Part, T], first: T) -> list[T]:
        """Return what a part reads: what its sources made, two for a sum; ``first`` if none is there."""
        return [made[source] for source in self.sources(part) if source in made] or [first]

    def __iter__(self) -> Iterator[Part]:
        return iter(self.parts)


def _well_cut(pieces: Sequence[Part]) -> bool:
    """Whether chains and blocks take turns, each block has both branches, and a chain is at the end."""
    at = [[part.branch for part in pieces if part.piece == i] for i in range(len(pieces))]
    while at and not at[-1]:
        at.pop()
    chains = [branches == [None] for branches in at]
    blocks = [branches == [Branch.MAIN, Branch.SHORTCUT] for branches in at]
    turns = all(a != b for a, b in itertools.pairwise(chains))
    return len(at) > 1 and chains[-1] and turns and all(map(operator.or_, chains, blocks))


def path_name(k: int) -> str:
    """Return the name of exit path k and of its accelerator."""
    return f"exit{k}"


def stage_name(k: int) -> str:
    """Return the name of stage k's accelerator."""
    return f"stage{k}"
