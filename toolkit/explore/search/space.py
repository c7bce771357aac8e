"""The space of a search: bit widths of a network, for all layers together or for each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from hw_models import Conv, Linear, NetworkSpec, QuantConfig
from hw_models.lowering import bit_widths, lower


class Draws(Protocol):
    """Gives whole numbers by name, as a trial of Optuna does."""

    def suggest_int(self, name: str, low: int, high: int) -> int:
        """Return a number from ``low`` to ``high``."""


@dataclass(frozen=True)
class Space:
    """All bit widths that a search may try.

    Attributes:
        network: the network.
        base: everything else about its quantisation.
        least, most: smallest and largest width.
        mixed: whether each layer has widths of its own.
    """

    network: NetworkSpec
    base: QuantConfig
    least: int
    most: int
    mixed: bool

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers with weights."""
        every = (one for part in lower(self.network).values() for one in part)
        return tuple(one.name for one in every if isinstance(one.layer, Conv | Linear))

    def draw(self, draws: Draws) -> QuantConfig:
        """Return the quantisation that a trial asks for."""
        if not self.mixed:
            weights, acts = (draws.suggest_int(name, self.least, self.most) for name in ("weights", "acts"))
            return replace(self.base, weight_bits=weights, act_bits=acts, overrides={})
        pairs = {
            layer: (
                draws.suggest_int(f"{layer} weights", self.least, self.most),
                draws.suggest_int(f"{layer} acts", self.least, self.most),
            )
            for layer in self.layers
        }
        return replace(self.base, overrides=pairs)

    def first(self) -> dict[str, int]:
        """Return what a first trial draws: the usual bits everywhere, as far as they are allowed."""
        kinds = ("weights", "acts")
        names = [f"{layer} {kind}" for layer in self.layers for kind in kinds] if self.mixed else kinds
        usual = (self.base.weight_bits, self.base.act_bits)
        return {name: min(max(usual[index % 2], self.least), self.most) for index, name in enumerate(names)}

    def distance(self, one: QuantConfig, other: QuantConfig) -> int:
        """Return by how many bits two quantisations differ, summed over weights and activations."""
        mine, theirs = bit_widths(self.network, one), bit_widths(self.network, other)
        return sum(abs(bits - theirs[name]) for name, bits in mine.items())
