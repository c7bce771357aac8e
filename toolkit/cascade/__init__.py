"""The cascade as a whole: all test frames through controller and stages, and what becomes of time."""

from toolkit.cascade.result import CascadeAnswers, CascadeResult, Spread, Traffic
from toolkit.cascade.run import CascadeRun, run_cascade
from toolkit.cascade.stalls import verify_under_stalls
from toolkit.cascade.timing import FrameTimes, StagePace, frame_times, interval_at

__all__ = [
    "CascadeAnswers",
    "CascadeResult",
    "CascadeRun",
    "FrameTimes",
    "Spread",
    "StagePace",
    "Traffic",
    "frame_times",
    "interval_at",
    "run_cascade",
    "verify_under_stalls",
]
