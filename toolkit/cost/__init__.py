"""What a frame costs: time, energy at the board, energy above idle; each with its interval and source."""

from toolkit.cost.activity import Activity, activity
from toolkit.cost.calibration import Measurement, fit_calibration
from toolkit.cost.energy import energy_model, reference_board, step_energies
from toolkit.cost.exits import Clock, Cost, Costs, Gain, Work, apportion, exit_costs
from toolkit.cost.figures import Energy, Figure, Power, total
from toolkit.cost.given import GivenPower, read_power
from toolkit.cost.model import IncrementalModel, Miss, default_model, fit
from toolkit.cost.rails import Rails, read_rails
from toolkit.cost.rows import Calibration, Network, Products, load_calibration, mlperf
from toolkit.cost.vivado import PowerReport, read_power_report

__all__ = [
    "Activity",
    "Calibration",
    "Clock",
    "Cost",
    "Costs",
    "Energy",
    "Figure",
    "Gain",
    "GivenPower",
    "IncrementalModel",
    "Measurement",
    "Miss",
    "Network",
    "Power",
    "PowerReport",
    "Products",
    "Rails",
    "Work",
    "activity",
    "apportion",
    "default_model",
    "energy_model",
    "exit_costs",
    "fit",
    "fit_calibration",
    "load_calibration",
    "mlperf",
    "read_power",
    "read_power_report",
    "read_rails",
    "reference_board",
    "step_energies",
    "total",
]
