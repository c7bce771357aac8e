"""The costs of a frame: time, energy at the board, energy above idle; each with interval and source."""

from toolkit.cost.apportion import AboveIdle, segment_energies
from toolkit.cost.clock import Clock, placed_clock, requested_clock
from toolkit.cost.energy import measured_idle, part_energies, reference_board, stage_energies
from toolkit.cost.exits import Cost, Gain
from toolkit.cost.figures import Energy, total
from toolkit.cost.given import read_power
from toolkit.cost.load import Loads, LoadStudy, Setting, cascade_costs
from toolkit.cost.run import MeanTerms, RunCosts

__all__ = [
    "AboveIdle",
    "Clock",
    "Cost",
    "Energy",
    "Gain",
    "LoadStudy",
    "Loads",
    "MeanTerms",
    "RunCosts",
    "Setting",
    "cascade_costs",
    "measured_idle",
    "part_energies",
    "placed_clock",
    "read_power",
    "reference_board",
    "requested_clock",
    "segment_energies",
    "stage_energies",
    "total",
]
