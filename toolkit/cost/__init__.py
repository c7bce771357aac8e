"""The costs of a frame: time, energy at the board, energy above idle; each with interval and source."""

from toolkit.cost.apportion import segment_energies
from toolkit.cost.clock import Clock, placed_clock, requested_clock
from toolkit.cost.energy import reference_board, stage_energies
from toolkit.cost.exits import Cost, Gain
from toolkit.cost.figures import Energy, total
from toolkit.cost.given import read_power
from toolkit.cost.run import RunCosts, cascade_costs, mean_costs

__all__ = [
    "Clock",
    "Cost",
    "Energy",
    "Gain",
    "RunCosts",
    "cascade_costs",
    "mean_costs",
    "placed_clock",
    "read_power",
    "reference_board",
    "requested_clock",
    "segment_energies",
    "stage_energies",
    "total",
]
