"""Exit criteria on integer logits, their calibration, and the exit policy that results.

Definitions and error bounds are in ``docs/exits.md``.
"""

from __future__ import annotations

from toolkit.exits.calibrate import Calibration, calibrate
from toolkit.exits.criteria import CRITERIA, Criterion, criterion_named
from toolkit.exits.curve import Curve, trade_off
from toolkit.exits.grid import threshold_grid
from toolkit.exits.guarantee import Guarantee
from toolkit.exits.objectives import Budget, ExitRate, MaxLoss, Objective, objective_of
from toolkit.exits.policy import Answers, ExitPolicy, thresholds_in_words
from toolkit.exits.rules import IntegerRule, integer_rule

__all__ = [
    "CRITERIA",
    "Answers",
    "Budget",
    "Calibration",
    "Criterion",
    "Curve",
    "ExitPolicy",
    "ExitRate",
    "Guarantee",
    "IntegerRule",
    "MaxLoss",
    "Objective",
    "calibrate",
    "criterion_named",
    "integer_rule",
    "objective_of",
    "threshold_grid",
    "thresholds_in_words",
    "trade_off",
]
