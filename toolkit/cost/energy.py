"""Estimates the energy above idle of a network's stages, and chooses the board of the estimate."""

from __future__ import annotations

from pathlib import Path

from hw_models import NetworkSpec, QuantConfig
from hw_models import products as products_of
from toolkit.boards import SIM, Board, board
from toolkit.core.errors import BadOption
from toolkit.core.topology import Part, Topology
from toolkit.cost.figures import Energy, Power, total
from toolkit.cost.model import IncrementalModel, default_model, fit
from toolkit.cost.rows import Products, load_rows

REFERENCE_BOARD = "pynq-z2"
"""Board of target ``sim``: the only one whose idle power and energy above idle were both published."""


def reference_board(target: str, measurements: Path | None = None) -> Board:
    """Return the board for which the costs of a run are given.

    Args:
        target: target of the run, ``sim`` or a board.
        measurements: file of the user's measurements; a target that was measured is the board.

    Raises:
        UnknownName: the board does not exist.
        ArtifactError: the file of measurements is missing or damaged.
    """
    found = board(REFERENCE_BOARD if target == SIM else target)
    known = found.idle_w is not None or measured_idle(found, measurements) is not None
    # A target whose idle power is unknown, as that of ECP5 boards, would get no energy at all.
    return found if known or not found.is_target else board(REFERENCE_BOARD)


def measured_idle(on: Board, measurements: Path | None) -> Power | None:
    """Return the idle power of a board in the user's measurements; None if they do not have it.

    Raises:
        ArtifactError: the file of measurements is missing or damaged.
    """
    rows = () if measurements is None else load_rows(measurements).rows
    watts = {row.idle_w: row.source for row in rows if row.board == on.name}
    if not watts:
        return None
    mean, source = sum(watts) / len(watts), ", ".join(dict.fromkeys(watts.values()))
    return Power(value=mean, low=min(watts), high=max(watts), provenance="measured", source=source)


def energy_model(measurements: Path | None = None) -> IncrementalModel:
    """Fit the energy model to the user's measurements, or to the published ones if None.

    Raises:
        ArtifactError: the file of measurements is missing or damaged.
    """
    return default_model() if measurements is None else fit(load_rows(measurements))


def part_energies(
    network: NetworkSpec, quant: QuantConfig, on: Board, measurements: Path | None = None
) -> dict[Part, Energy]:
    """Estimate the energy above idle of each trunk and head, in µJ per frame; of one without products, 0.

    Args:
        network: the network.
        quant: bit widths of the network.
        on: board of the estimate.
        measurements: file of the user's measurements, see :func:`energy_model`.

    Raises:
        ArtifactError: the file of measurements is missing or damaged.
        BadOption: no model was fitted to boards of this family.
    """
    layers, fitted = products_of(network, quant), energy_model(measurements)
    products = {
        part: [
            Products(macs=macs, weight_bits=weights, activation_bits=activations)
            for macs, weights, activations in rows
        ]
        for part, rows in layers.items()
    }
    whole = fitted.energy([one for rows in products.values() for one in rows], on)
    if whole is None:
        raise BadOption(f"energy on {on.name}", found="no model for boards of its family")
    found = {part: fitted.energy(rows, on) if rows else None for part, rows in products.items()}
    return {part: whole.scaled(0) if energy is None else energy for part, energy in found.items()}


def stage_energies(
    network: NetworkSpec, quant: QuantConfig, on: Board, measurements: Path | None = None
) -> list[Energy]:
    """Estimate the energy above idle of each stage (trunk k and head k); else as :func:`part_energies`."""
    parts = part_energies(network, quant, on, measurements)
    topology = Topology.of(parts)
    return [total(parts[part] for part in topology.stage(k)) for k in topology.indices]
