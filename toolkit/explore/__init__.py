"""Foldings for a budget of resources: the fastest design that fits, with exits and without."""

from toolkit.compile.folding.search import Choice, Demand, fastest
from toolkit.explore.budgets import Sweep, planned_reach, sweep
from toolkit.explore.comparison import Comparison

__all__ = ["Choice", "Comparison", "Demand", "Sweep", "fastest", "planned_reach", "sweep"]
