"""Foldings for a budget of resources: the fastest design that fits, with exits and without."""

from toolkit.compile.folding.search import Choice, Demand, fastest
from toolkit.explore.comparison import Comparison, Point, compare

__all__ = ["Choice", "Comparison", "Demand", "Point", "compare", "fastest"]
