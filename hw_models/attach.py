"""Attaches early exits to a network's description; :mod:`hw_models.own.attach` does so with a module."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hw_models.residual import Residual
from hw_models.spec import Layer, NetworkSpec
from toolkit.core.errors import BadOption, UnknownName


def with_exits(
    network: NetworkSpec,
    name: str,
    after: Sequence[str],
    head: Sequence[Layer],
    exit_weights: Sequence[float],
) -> NetworkSpec:
    """Return a network without early exits with one behind each of some of its layers.

    Args:
        network: network with one exit, which stays the last one.
        name: name of the new network.
        after: names of layers of its trunk (``trunk0.pool0``), in order.
        head: classifier that every early exit gets.
        exit_weights: weight of each exit in the training loss, the last exit's last.

    Raises:
        UnknownName: there is no such layer; the message says which there are.
        BadOption: no exits, layers out of order, or a network with early exits.
    """
    if network.exits != 1:
        raise BadOption(f"exits of {network.name}", expected="one, its last", found=network.exits)
    trunk = [layer.name for part, layers in network.segments() for layer in layers if not part.is_head]
    layers = network.trunks[0]
    lengths = [len(one.main) + len(one.shortcut) if isinstance(one, Residual) else 1 for one in layers]
    ends = dict(zip(trunk, (end for end, count in enumerate(lengths, 1) for _ in range(count)), strict=True))
    known = [
        name for name in trunk if not isinstance(layers[ends[name] - 1], Residual)
    ]  # none inside a block
    for layer in after:
        if layer not in known:
            raise UnknownName.among(f"layer of {network.name}", layer, known)
    cuts = [ends[layer] for layer in after]
    if not cuts or any(first >= second for first, second in pairwise(cuts)):
        raise BadOption("exits after", expected="layers, each once, in order", found=", ".join(after))
    trunks = tuple(layers[start:end] for start, end in pairwise([0, *cuts, len(layers)]))
    heads = (*(tuple(head) for _ in after), network.heads[0])
    return NetworkSpec(name, network.input_shape, network.classes, trunks, heads, tuple(exit_weights))
