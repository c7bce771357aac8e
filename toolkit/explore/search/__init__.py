"""The search over bit widths and exits: points that are trained a little, estimated on a board, and compared.

This module loads in milliseconds; Optuna, PyTorch and FINN+ are imported by the modules that use them.
"""

from toolkit.explore.search.objectives import OBJECTIVES, Aim, Limit
from toolkit.explore.search.result import (
    BitSweep,
    BuildPoint,
    Evaluation,
    Exploration,
    Figures,
    PlacedExit,
    Tried,
)

__all__ = [
    "OBJECTIVES",
    "Aim",
    "BitSweep",
    "BuildPoint",
    "Evaluation",
    "Exploration",
    "Figures",
    "Limit",
    "PlacedExit",
    "Tried",
]
