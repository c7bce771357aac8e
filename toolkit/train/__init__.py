"""Quantisation-aware training of early-exit networks, their checkpoints and their evaluation.

Options load in milliseconds; what needs PyTorch or Lightning is imported when it is first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from toolkit.train.history import Epoch, History
from toolkit.train.options import TrainOptions, recipe
from toolkit.train.source import Source, source_of

if TYPE_CHECKING:
    from toolkit.train.checkpoint import Checkpoint, shipped
    from toolkit.train.run import results, train

__all__ = [
    "Checkpoint",
    "Epoch",
    "History",
    "Source",
    "TrainOptions",
    "recipe",
    "results",
    "shipped",
    "source_of",
    "train",
]

_HEAVY = {
    "Checkpoint": "toolkit.train.checkpoint",
    "results": "toolkit.train.run",
    "shipped": "toolkit.train.checkpoint",
    "train": "toolkit.train.run",
}


def __getattr__(name: str) -> object:
    if name in _HEAVY:
        return getattr(importlib.import_module(_HEAVY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
