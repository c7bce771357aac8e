"""The space of a search: bit widths of a network, for all layers together or for each, and its exits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hw_models import Conv, Linear, NetworkSpec, QuantConfig
from hw_models.attach import of_backbone
from hw_models.lowering import Operation, bit_widths, lower
from toolkit.explore.search.draws import Draws, UsualDraws
from toolkit.explore.search.exits import ExitSpace
from toolkit.explore.search.result import PlacedExit


@dataclass(frozen=True)
class Variant:
    """A network with bit widths: what a point of a search is.

    Attributes:
        network: the network.
        quant: its quantisation.
        exits: its early exits by places on the backbone; None: these are not searched.
    """

    network: NetworkSpec
    quant: QuantConfig
    exits: tuple[PlacedExit, ...] | None = None


@dataclass(frozen=True)
class Space:
    """All variants that a search may try.

    Attributes:
        network: the network.
        base: everything else about its quantisation.
        least, most: smallest and largest width.
        mixed: whether each layer has widths of its own.
        exits: exits that it may have; None: those of the network.
    """

    network: NetworkSpec
    base: QuantConfig
    least: int
    most: int
    mixed: bool
    exits: ExitSpace | None = None

    def draw(self, draws: Draws) -> Variant:
        """Return the variant that a trial asks for."""
        if self.exits is None:
            return Variant(self.network, self._quant(self.network, draws))
        layout = self.exits.draw(draws)
        return Variant(layout.network, self._quant(layout.network, draws), layout.exits)

    def _quant(self, network: NetworkSpec, draws: Draws) -> QuantConfig:
        if not self.mixed:
            weights, acts = (draws.suggest_int(name, self.least, self.most) for name in ("weights", "acts"))
            return replace(self.base, weight_bits=weights, act_bits=acts, overrides={})
        pairs = {
            layer: (
                draws.suggest_int(f"{name} weights", self.least, self.most),
                draws.suggest_int(f"{name} acts", self.least, self.most),
            )
            for layer, name in self._drawn_as(network).items()
        }
        return replace(self.base, overrides=pairs)

    def _drawn_as(self, network: NetworkSpec) -> dict[str, str]:
        """Return what the bits of each layer with weights are drawn as, by its name.

        A layer of the backbone has one name there, wherever exits are.
        """
        if self.exits is None:
            return {one.name: one.name for _, one in _with_weights(network)}
        backbone = iter([one.name for _, one in _with_weights(self.exits.places.backbone)])
        return {
            one.name: next(backbone) if shared else f"early {one.name}"
            for shared, one in _with_weights(network)
        }

    def first(self) -> dict[str, int | str]:
        """Return what a first trial draws: the usual bits everywhere, as far as they are allowed.

        If exits are searched, it has those of the network, or as few as are allowed, in the middle.
        """
        self.draw(usual := UsualDraws(self.base.weight_bits, self.base.act_bits))
        return usual.made

    def distance(self, one: Variant, other: Variant) -> int:
        """Return by how many bits two variants differ, summed over weights and activations.

        If their exits differ, those of the backbone's layers alone count.
        """
        if one.network == other.network:
            mine, theirs = (bit_widths(each.network, each.quant) for each in (one, other))
            return sum(abs(bits - theirs[name]) for name, bits in mine.items())
        pairs = zip(_backbone_bits(one), _backbone_bits(other), strict=True)
        return sum(abs(mine - theirs) for mine, theirs in pairs)


def _with_weights(network: NetworkSpec) -> Iterator[tuple[bool, Operation]]:
    """Yield the layers with weights, each behind whether it belongs to the backbone."""
    for part, operations in lower(network).items():
        for one in operations:
            if isinstance(one.layer, Conv | Linear):
                yield of_backbone(network, part), one


def _backbone_bits(variant: Variant) -> Iterator[int]:
    """Yield the bits of weights, and of activations behind them, of each layer of the backbone."""
    bits, quant = bit_widths(variant.network, variant.quant), variant.quant
    for shared, one in _with_weights(variant.network):
        if shared:
            yield bits[one.name]
            yield quant.widths(one.name, first=False, classifier=one.classifier)[1]
