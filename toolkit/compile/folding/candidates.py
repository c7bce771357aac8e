"""The candidates for a segment's folding as data, which the search reads without FINN+."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.families.resources import Resources

Attributes = tuple[tuple[str, int | str], ...]
"""Folding attributes of one node, (FINN+'s name, value)."""

Folding = tuple[Attributes, ...]
"""Attributes of every node of a segment in stream order, without width converters."""


@dataclass(frozen=True)
class Candidate:
    """One possible folding of a unit.

    Attributes:
        attributes: folding attributes of each node.
        cycles: cycles per frame.
        cost: number that orders candidates by size where no resources are estimated.
        resources: estimated resources.
    """

    attributes: Folding
    cycles: int
    cost: int
    resources: Resources


@dataclass(frozen=True)
class Unit:
    """Nodes that are folded together, with the candidates for it."""

    name: str
    candidates: tuple[Candidate, ...]
