"""``report.json``: what a run came to, typed, checked when written and when read back.

Shares and accuracies are fractions of 1. Cycles are clock cycles of the accelerator. Where a number comes
from (simulated, estimated ...) stands beside it or in :attr:`Report.provenance`.
"""

from toolkit.implement.implementation import Implementation
from toolkit.report.schema.basis import Clock, Cycles, Figure, Histogram, Kind, Origin, Part
from toolkit.report.schema.cascade import (
    Cascade,
    Comparison,
    Pace,
    Point,
    RateCurve,
    Reference,
    Simulated,
    Spread,
    Traffic,
)
from toolkit.report.schema.exits import (
    Baseline,
    Combined,
    EqualResources,
    Exit,
    Gain,
    Latency,
    Price,
    price_of,
)
from toolkit.report.schema.hardware import Dataflow, Layer, Resources, Usage, Verification
from toolkit.report.schema.policy import Curve, Disagreement, Policy, TradeOff
from toolkit.report.schema.report import (
    NAME,
    SCHEMA,
    CheckpointInfo,
    DatasetInfo,
    Epoch,
    Report,
    load,
    parse,
)

__all__ = [
    "NAME",
    "SCHEMA",
    "Baseline",
    "Cascade",
    "CheckpointInfo",
    "Clock",
    "Combined",
    "Comparison",
    "Curve",
    "Cycles",
    "Dataflow",
    "DatasetInfo",
    "Disagreement",
    "Epoch",
    "EqualResources",
    "Exit",
    "Figure",
    "Gain",
    "Histogram",
    "Implementation",
    "Kind",
    "Latency",
    "Layer",
    "Origin",
    "Pace",
    "Part",
    "Point",
    "Policy",
    "Price",
    "RateCurve",
    "Reference",
    "Report",
    "Resources",
    "Simulated",
    "Spread",
    "TradeOff",
    "Traffic",
    "Usage",
    "Verification",
    "load",
    "parse",
    "price_of",
]
