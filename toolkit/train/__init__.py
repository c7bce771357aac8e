"""Quantisation-aware training of early-exit networks, their checkpoints and their evaluation.

This module loads in milliseconds. What needs PyTorch stands in modules of its own:
:func:`toolkit.train.run.train`, :class:`toolkit.train.checkpoint.Checkpoint`.
"""

from toolkit.train.diagnosis import PhaseSummary, Reading, diagnose, summaries
from toolkit.train.ending import PhaseEnd, TrainingEnds
from toolkit.train.history import Epoch, History
from toolkit.train.options import TrainOptions, recipe
from toolkit.train.source import Source, source_of

__all__ = [
    "Epoch",
    "History",
    "PhaseEnd",
    "PhaseSummary",
    "Reading",
    "Source",
    "TrainOptions",
    "TrainingEnds",
    "diagnose",
    "recipe",
    "source_of",
    "summaries",
]
