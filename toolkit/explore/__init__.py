"""Foldings for a budget of resources: the fastest design that fits, with exits and without."""

from toolkit.explore.comparison import Comparison, Point, compare
from toolkit.explore.optimise import Choice, Demand, fastest

__all__ = ["Choice", "Comparison", "Demand", "Point", "compare", "fastest"]
