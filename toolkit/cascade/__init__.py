"""The cascade as a whole: all test frames through controller and stages, and what becomes of time.

What runs it, :mod:`toolkit.cascade.run` and :mod:`toolkit.cascade.stalls`, is imported from there: results
are read without loading a simulator.
"""

from toolkit.cascade.result import CascadeAnswers, CascadeResult, Spread, Traffic
from toolkit.cascade.timing import FrameTimes, StagePace, frame_times, interval_at

__all__ = [
    "CascadeAnswers",
    "CascadeResult",
    "FrameTimes",
    "Spread",
    "StagePace",
    "Traffic",
    "frame_times",
    "interval_at",
]
