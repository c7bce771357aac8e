"""Estimates the energy above idle of a network's stages, and chooses the board of the estimate."""

from __future__ import annotations

from pathlib import Path

import hw_models
from hw_models import QuantConfig
from toolkit.boards import SIM, Board, board
from toolkit.core.errors import BadOption
from toolkit.core.topology import Topology
from toolkit.cost.figures import Energy
from toolkit.cost.model import IncrementalModel, default_model, fit
from toolkit.cost.rows import Products, load_rows

REFERENCE_BOARD = "pynq-z2"
"""Board of target ``sim``: the only one whose idle power and energy above idle were both published."""


def reference_board(target: str) -> Board:
    """Return the board for which the costs of a run are given.

    Args:
        target: target of the run, ``sim`` or a board.

    Raises:
        UnknownName: the board does not exist.
    """
    found = board(REFERENCE_BOARD if target == SIM else target)
    # A target whose idle power is unknown, as that of ECP5 boards, would get no energy at all.
    return found if found.idle_w is not None or not found.is_target else board(REFERENCE_BOARD)


def energy_model(measurements: Path | None = None) -> IncrementalModel:
    """Fit the energy model to the user's measurements, or to the published ones if None.

    Raises:
        ArtifactError: the file of measurements is missing or damaged.
    """
    return default_model() if measurements is None else fit(load_rows(measurements))


def stage_energies(
    model: str, quant: QuantConfig, on: Board, measurements: Path | None = None
) -> list[Energy]:
    """Estimate the energy above idle of each stage (trunk k and head k), in µJ per frame.

    Args:
        model: name of the network.
        quant: bit widths of the network.
        on: board of the estimate.
        measurements: file of the user's measurements, see :func:`energy_model`.

    Raises:
        ArtifactError: the file of measurements is missing or damaged.
        BadOption: no model was fitted to boards of this family.
    """
    layers, found = hw_models.products(hw_models.get(model), quant), []
    fitted, topology = energy_model(measurements), Topology.of(layers)
    for k in topology.indices:
        mine = [
            Products(macs=macs, weight_bits=weights, activation_bits=activations)
            for part in topology.stage(k)
            for macs, weights, activations in layers[part]
        ]
        energy = fitted.energy(mine, on)
        if energy is None:
            raise BadOption(f"energy on {on.name}", found="no model for boards of its family")
        found.append(energy)
    return found
