"""The foldings a segment can have, as data: what composition and optimisation read without FINN+."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.families.resources import Resources

Attributes = tuple[tuple[str, int | str], ...]
"""Folding attributes of one node, by FINN+'s names."""

Folding = tuple[Attributes, ...]
"""Attributes of every node of a segment, in stream order, width converters not among them."""


@dataclass(frozen=True)
class Candidate:
    """One folding of one unit: attributes per node, cycles per frame, a cost that orders, resources."""

    attributes: Folding
    cycles: int
    cost: int
    resources: Resources


@dataclass(frozen=True)
class Unit:
    """Nodes that are folded together, and how they can be."""

    name: str
    candidates: tuple[Candidate, ...]
