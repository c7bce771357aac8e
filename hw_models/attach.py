"""Attaches early exits to a network's description; :mod:`hw_models.own.attach` does so with a module."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise

from hw_models.residual import Element
from hw_models.spec import Layer, NetworkSpec, Shape
from toolkit.core.errors import BadOption, UnknownName
from toolkit.core.topology import Branch, Part


@dataclass(frozen=True)
class NamedElement:
    """A layer or residual block of the backbone.

    Attributes:
        name: name of the layer (``trunk0.pool0``), or of the block's sum (``trunk0p1m.add``).
        element: the layer or block.
        output_shape: shape of a frame behind it.
    """

    name: str
    element: Element
    output_shape: Shape


def of_backbone(network: NetworkSpec, part: Part) -> bool:
    """Whether a part of a network stays if its early exits go: a trunk, or the last head."""
    return not part.is_head or part.k == network.exits - 1


def backbone_elements(network: NetworkSpec) -> list[NamedElement]:
    """Return the layers and blocks of all trunks of a network, in order."""
    found = list[tuple[str, Shape]]()
    for part, layers in network.segments():
        if part.is_head or part.branch == Branch.SHORTCUT:
            continue
        if part.branch == Branch.MAIN:
            found.append((part.sum_name, layers[-1].output_shape))
        else:
            found += [(one.name, one.output_shape) for one in layers]
    elements = chain.from_iterable(network.trunks)
    return [NamedElement(name, one, shape) for (name, shape), one in zip(found, elements, strict=True)]


def with_exits(
    network: NetworkSpec,
    name: str,
    after: Sequence[str],
    head: Sequence[Layer] | Sequence[Sequence[Layer]],
    exit_weights: Sequence[float],
) -> NetworkSpec:
    """Return a network without early exits with one behind each of some of its layers.

    Args:
        network: network with one exit, which stays the last one.
        name: name of the new network.
        after: names of layers and blocks of its trunk, as :func:`backbone_elements` gives them, in order.
        head: classifier that every early exit gets, or one for each.
        exit_weights: weight of each exit in the training loss, the last exit's last.

    Raises:
        UnknownName: there is no such layer; the message says which there are.
        BadOption: no exits, layers out of order, another number of heads, or a network with early exits.
    """
    if network.exits != 1:
        raise BadOption(f"exits of {network.name}", expected="one, its last", found=network.exits)
    trunk = [one.name for one in backbone_elements(network)]
    for layer in after:
        if layer not in trunk:
            raise UnknownName.among(f"layer of {network.name}", layer, trunk)
    cuts = [trunk.index(layer) + 1 for layer in after]
    if not cuts or any(first >= second for first, second in pairwise(cuts)):
        raise BadOption("exits after", expected="layers, each once, in order", found=", ".join(after))
    layers = network.trunks[0]
    trunks = tuple(layers[start:end] for start, end in pairwise([0, *cuts, len(layers)]))
    several = [tuple(one) for one in head if isinstance(one, Sequence)]
    same = tuple(layer for layer in head if not isinstance(layer, Sequence))
    heads: list[tuple[Element, ...]] = [*several] or [same] * len(after)
    if len(heads) != len(after):
        raise BadOption("heads of the exits", expected=f"one, or {len(after)}", found=len(heads))
    heads.append(network.heads[0])
    return replace(network, name=name, trunks=trunks, heads=tuple(heads), exit_weights=tuple(exit_weights))
