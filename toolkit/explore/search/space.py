"""The space of a search: bits of a network, for all layers together or for each, exits, when, and size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hw_models import Conv, Linear, NetworkSpec, QuantConfig
from hw_models.attach import of_backbone
from hw_models.lowering import Operation, bit_widths, lower
from toolkit.explore.search.draws import Draws, UsualDraws
from toolkit.explore.search.exits import ExitSpace
from toolkit.explore.search.result import PlacedExit

_EXIT_RATE, _SIZE = "rate", "size"
_PERCENT = (5, 99)
"""Least and largest share of the frames that leave at an early exit, of those that are tried."""
_SIZES, _PER_HALF = 16, 4
"""Sizes that are tried below the largest; a design of so many sizes less may be half as large."""


@dataclass(frozen=True)
class Variant:
    """What a point of a search is: network, bit widths, when frames leave, size of its design.

    Attributes:
        network: the network.
        quant: its quantisation.
        exits: its early exits by places on the backbone; None: these are not searched.
        exit_rate: share of the frames that leave at each early exit; None: this is not searched.
        luts: look-up tables that its design may have; None: this is not searched.
    """

    network: NetworkSpec
    quant: QuantConfig
    exits: tuple[PlacedExit, ...] | None = None
    exit_rate: float | None = None
    luts: int | None = None

    @property
    def trained(self) -> Variant:
        """What of it decides the training."""
        return Variant(self.network, self.quant)


@dataclass(frozen=True)
class Space:
    """All variants that a search may try.

    Attributes:
        network: the network.
        base: everything else about its quantisation.
        least, most: smallest and largest width.
        mixed: whether each layer has widths of its own.
        exits: exits that it may have; None: those of the network.
        exit_rate: share of the frames that leave at each early exit of the first point, if others are tried
            too; None: no others.
        luts: look-up tables of the largest design, if smaller ones are tried too; None: no others.
    """

    network: NetworkSpec
    base: QuantConfig
    least: int
    most: int
    mixed: bool
    exits: ExitSpace | None = None
    exit_rate: float | None = None
    luts: int | None = None

    def draw(self, draws: Draws) -> Variant:
        """Return the variant that a trial asks for."""
        layout = None if self.exits is None else self.exits.draw(draws)
        network = self.network if layout is None else layout.network
        quant, exit_rate, luts = self._quant(network, draws), None, None
        if self.exit_rate is not None and network.exits > 1:
            exit_rate = draws.suggest_int(_EXIT_RATE, *_PERCENT) / 100
        if self.luts is not None:
            luts = round(self.luts * 2 ** (-draws.suggest_int(_SIZE, 0, _SIZES) / _PER_HALF))
        return Variant(network, quant, None if layout is None else layout.exits, exit_rate, luts)

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
        usual = {"weights": self.base.weight_bits, "acts": self.base.act_bits, _SIZE: 0}
        self.draw(draws := UsualDraws({**usual, _EXIT_RATE: round(100 * (self.exit_rate or 0))}))
        return draws.made

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
