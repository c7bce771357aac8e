"""Measured rows with known answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from toolkit.cost.rows import MeasuredRows, Network, Products, Range, Row

Layers = Sequence[tuple[int, int, int]]
NETWORKS: dict[str, Layers] = {
    "one": [(1_000_000, 1, 8), (50_000_000, 1, 1)],
    "two": [(120_000, 4, 8), (400_000, 4, 4)],
    "three": [(20_000, 12, 8)],
    "four": [(90_000, 2, 8), (700_000, 2, 3)],
}


def products(layers: Layers) -> tuple[Products, ...]:
    return tuple(Products(macs=m, weight_bits=w, activation_bits=a) for m, w, a in layers)


def row(network: str, board: str, energy_uj: float, spread: float = 1.0) -> Row:
    """A row that draws 2 W idle and 0.1 W more at work."""
    frames_per_s = 0.1e6 / energy_uj
    return Row(
        board=board,
        network=network,
        active_w=2.1,
        idle_w=2.0,
        frames_per_s=frames_per_s,
        board_uj=2.1e6 / frames_per_s,
        incremental_uj=Range(low=energy_uj / spread, high=energy_uj * spread),
        source="planted",
    )


def measured(
    energy: Callable[[Layers], float],
    nets: Mapping[str, Layers] = NETWORKS,
    boards: Sequence[str] = ("a", "b"),
    factors: Mapping[tuple[str, str], float] = MappingProxyType({}),
) -> MeasuredRows:
    """Rows of every network on every board that follow ``energy`` (µJ), times a factor where one is given."""
    return MeasuredRows(
        schema=1,
        name="planted",
        source="planted",
        family="xc7",
        conditions="none",
        networks={
            name: Network(source="planted", derived="planted", products=products(layers))
            for name, layers in nets.items()
        },
        rows=tuple(
            row(name, board, energy(layers) * factors.get((name, board), 1.0))
            for name, layers in nets.items()
            for board in boards
        ),
    )


def power_law(scale_pj: float, power: float) -> Callable[[Layers], float]:
    return lambda layers: 1e-6 * scale_pj * sum(m * (w * a) ** power for m, w, a in layers)
