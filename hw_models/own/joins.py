"""Where two paths of a user's network meet: the residual blocks among its sums."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, fx

from hw_models.own.layers import Refused

NO_RESIDUAL = "a branch that is no residual"
_SUMS = (operator.add, operator.iadd, torch.add, Tensor.add, Tensor.add_)


@dataclass(frozen=True)
class Meeting:
    """A sum of two paths from one value.

    Attributes:
        fork: node of that value.
        branches: nodes of both paths, in order.
    """

    fork: fx.Node
    branches: tuple[tuple[fx.Node, ...], tuple[fx.Node, ...]]


def meeting_at(
    node: fx.Node, sources: Sequence[fx.Node], before: Callable[[fx.Node], fx.Node | None]
) -> Meeting:
    """Return the residual block that ends at a node which reads two tensors or more, ``sources``.

    Args:
        node: the node.
        sources: nodes that it reads.
        before: function that returns the node in front of another, that of the fork for a sum.

    Raises:
        Refused: it is none; says why.
    """
    target = getattr(Tensor, node.target, None) if isinstance(node.target, str) else node.target
    if target not in _SUMS or len(sources) != 2 or node.kwargs:
        raise Refused(f"{NO_RESIDUAL}: only the sum of two maps is")
    ways = [way(source, before) for source in sources]
    fork = next((one for one in ways[0] if one in ways[1]), None)
    if fork is None:
        raise Refused(f"{NO_RESIDUAL}: its paths do not begin at one map")
    one, other = (tuple(reversed(nodes[: nodes.index(fork)])) for nodes in ways)
    return Meeting(fork, (one, other))


def way(node: fx.Node, before: Callable[[fx.Node], fx.Node | None]) -> list[fx.Node]:
    """Return the nodes from ``node`` back to the first."""
    found: list[fx.Node] = []
    here: fx.Node | None = node
    while here is not None:
        found.append(here)
        here = before(here)
    return found
