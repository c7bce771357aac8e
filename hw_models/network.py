"""The module that the float and the quantised network share: trunks and heads, logits of every exit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from hw_models.lowering import Operation
from hw_models.spec import NetworkSpec
from toolkit.core.topology import Branch, Part, head, trunk

PIXEL_SCALE = 2.0**-8
"""Real value of one grey level: an input pixel p stands for p * 2**-8."""


class Wire(NamedTuple):
    """A tensor between layers: real values and, in a quantised network, the scale of their integers."""

    value: Tensor
    scale: Tensor


class Chain(nn.Module):
    """The layers of a trunk or head, each from Wire to Wire; children are named after layers (``conv0``).

    ``dropouts`` are shares of the inputs of layers, by name, that are 0 in training.
    """

    def __init__(
        self, layers: Iterable[tuple[str, nn.Module]], dropouts: Mapping[str, float] | None = None
    ) -> None:
        super().__init__()
        self.dropouts = dict(dropouts or {})
        for local_name, module in layers:
            self.add_module(local_name, module)

    def forward(self, wire: Wire, *, until: int | None = None) -> Wire:
        """Run the chain; with ``until`` only its layers up to there."""
        for name, layer in [*self.named_children()][:until]:
            if self.training and (share := self.dropouts.get(name)):
                wire = Wire(functional.dropout(wire.value, share), wire.scale)
            wire = layer(wire)
        return wire


def chain_of(operations: Iterable[Operation], module: Callable[[Operation], nn.Module]) -> Chain:
    """Build the chain of a segment; ``module`` builds the module of an operation."""
    operations = tuple(operations)
    return Chain(
        ((one.local_name, module(one)) for one in operations),
        {one.local_name: one.dropout for one in operations if one.dropout},
    )


class Pieces(nn.Module):
    """A trunk or head that is cut: chains and residual blocks in turn, by their labels (``p0``, ``p1m``)."""

    def __init__(self, chains: Mapping[Part, Chain]) -> None:
        super().__init__()
        self.parts = tuple(chains)
        for part, chain in chains.items():
            self.add_module(part.label, chain)

    def forward(self, wire: Wire) -> Wire:
        """Run the pieces in order."""
        main: Chain | None = None
        for part in self.parts:
            chain = self.get_submodule(part.label)
            assert isinstance(chain, Chain)
            if part.branch == Branch.MAIN:
                main = chain
            elif part.branch == Branch.SHORTCUT:
                assert main is not None
                wire = _summed(main, chain, wire)
            else:
                wire = chain(wire)
        return wire


def _summed(main: Chain, shortcut: Chain, wire: Wire) -> Wire:
    """Return the sum of two branches; the quantiser at the end of both gets the values of both at once."""
    a, b = main(wire, until=-1), shortcut(wire, until=-1)
    *_, quantiser = main.children()
    both = quantiser(Wire(torch.cat([a.value, b.value]), a.scale))
    one, other = both.value.chunk(2)
    return Wire(one + other, both.scale)


class Unscaled(nn.Module):
    """A layer that leaves the scale unchanged (pool, flatten, activations of the float network)."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, wire: Wire) -> Wire:
        """Apply the layer to the values and keep the scale."""
        return Wire(self.layer(wire.value), wire.scale)

    def plain(self, x: Tensor) -> Tensor:
        """Apply the layer to a plain tensor."""
        return self.layer(x)


def _whole(chains: Mapping[Part, Chain], parts: Sequence[Part]) -> nn.Module:
    return Pieces({part: chains[part] for part in parts}) if len(parts) > 1 else chains[parts[0]]


class EarlyExitNet(nn.Module):
    """An early-exit network.

    ``trunks[k]`` holds the backbone layers before exit ``k``, ``heads[k]`` its classifier: a :class:`Chain`,
    or :class:`Pieces` if it has residual blocks.
    """

    pixel_scale: Tensor

    def __init__(self, spec: NetworkSpec, chains: dict[Part, Chain]) -> None:
        super().__init__()
        self.spec = spec
        self.trunks, self.heads = (
            nn.ModuleList(_whole(chains, spec.topology.cut(kind(k))) for k in spec.topology.indices)
            for kind in (trunk, head)
        )
        self.register_buffer("pixel_scale", torch.tensor(PIXEL_SCALE), persistent=False)

    def chain(self, part: Part) -> Chain:
        """Return the module of a part."""
        whole = (self.heads if part.is_head else self.trunks)[part.k]
        found = whole.get_submodule(part.label)
        assert isinstance(found, Chain)
        return found

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the logits of every exit.

        Args:
            x: float [N, C, H, W], real values ``pixel * 2**-8``. The quantised network rounds them to whole
                pixels first, as augmented images would arrive at the hardware.

        Returns:
            One float [N, classes] per exit.
        """
        wire = Wire(self.prepare_input(x), self.pixel_scale)
        logits = []
        for backbone, classifier in zip(self.trunks, self.heads, strict=True):
            wire = backbone(wire)
            logits.append(classifier(wire).value)
        return logits

    def prepare_input(self, x: Tensor) -> Tensor:
        """Return the input unchanged; the quantised network overrides this."""
        return x
