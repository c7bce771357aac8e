"""The cascade as a whole: all test frames through controller and stages, and what becomes of time."""

from toolkit.cascade.run import CascadeRun, run_cascade
from toolkit.cascade.timing import StagePace, Traffic, interval_at, traffic

__all__ = ["CascadeRun", "StagePace", "Traffic", "interval_at", "run_cascade", "traffic"]
