"""What a frame costs: time, energy at the board, energy above idle; each with its interval and source."""

from toolkit.cost.activity import Activity, activity
from toolkit.cost.apportion import apportion, segment_energies
from toolkit.cost.clock import Clock, placed_clock, requested_clock
from toolkit.cost.energy import energy_model, reference_board, step_energies
from toolkit.cost.exits import Cost, Costs, Gain, Work, exit_costs
from toolkit.cost.figures import Energy, Figure, Power, total
from toolkit.cost.given import GivenPower, read_power
from toolkit.cost.measurement import Measurement, measured_rows
from toolkit.cost.model import IncrementalModel, Miss, default_model, fit
from toolkit.cost.rails import Rails, read_rails
from toolkit.cost.rows import MeasuredRows, Network, Products, load_rows, mlperf
from toolkit.cost.run import RunCosts, cascade_costs, mean_costs
from toolkit.cost.vivado import PowerReport, read_power_report

__all__ = [
    "Activity",
    "Clock",
    "Cost",
    "Costs",
    "Energy",
    "Figure",
    "Gain",
    "GivenPower",
    "IncrementalModel",
    "MeasuredRows",
    "Measurement",
    "Miss",
    "Network",
    "Power",
    "PowerReport",
    "Products",
    "Rails",
    "RunCosts",
    "Work",
    "activity",
    "apportion",
    "cascade_costs",
    "default_model",
    "energy_model",
    "exit_costs",
    "fit",
    "load_rows",
    "mean_costs",
    "measured_rows",
    "mlperf",
    "placed_clock",
    "read_power",
    "read_power_report",
    "read_rails",
    "reference_board",
    "requested_clock",
    "segment_energies",
    "step_energies",
    "total",
]
