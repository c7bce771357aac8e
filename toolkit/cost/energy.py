"""Estimated energy above idle of what a network computes, and the board that it is given for."""

from __future__ import annotations

from pathlib import Path

import hw_models
from hw_models import QuantConfig
from toolkit.boards import Board, board
from toolkit.core.errors import BadOption
from toolkit.core.topology import Topology
from toolkit.cost.figures import Energy
from toolkit.cost.model import IncrementalModel, default_model, fit
from toolkit.cost.rows import Products, load_rows

REFERENCE_BOARD = "pynq-z2"
"""Of target ``sim``: the only board on which both idle power and energy above it were measured in public."""
SIMULATION = "sim"


def reference_board(target: str) -> Board:
    """The board that the costs of a run for this target (``sim`` or a board) are given for.

    Raises:
        UnknownName: there is no such board.
    """
    found = board(REFERENCE_BOARD if target == SIMULATION else target)
    # No energy of an ECP5 was ever measured in public.
    return found if found.idle_w is not None or not found.is_target else board(REFERENCE_BOARD)


def energy_model(measurements: Path | None = None) -> IncrementalModel:
    """The model fitted to the user's own measurements, or to the published ones where there are none.

    Raises:
        ArtifactError: the file of measurements is missing or damaged.
    """
    return default_model() if measurements is None else fit(load_rows(measurements))


def stage_energies(
    model: str, quant: QuantConfig, on: Board, measurements: Path | None = None
) -> list[Energy]:
    """Estimated energy above idle of each stage (trunk k and head k), in µJ per frame.

    Args:
        model: name of the network.
        quant: its bit widths.
        on: the board.
        measurements: the user's own, see :func:`energy_model`.

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
