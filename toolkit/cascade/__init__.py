"""The cascade as a whole: all test frames through controller and stages, and when their answers come out.

:mod:`toolkit.cascade.run` and :mod:`toolkit.cascade.stalls` are not imported here, so that results are read
without loading a simulator.
"""

from toolkit.cascade.load import LoadPoint, Served, Spread
from toolkit.cascade.result import CascadeAnswers, CascadeResult, Traffic
from toolkit.cascade.timing import StagePace, exit_rates, interval_at, reach

__all__ = [
    "CascadeAnswers",
    "CascadeResult",
    "LoadPoint",
    "Served",
    "Spread",
    "StagePace",
    "Traffic",
    "exit_rates",
    "interval_at",
    "reach",
]
