"""``report.json``: what a run came to, typed, checked when written and when read back.

Results that a package of its own makes (costs, cascade, comparison, verification) are that package's types.
Shares and accuracies are fractions of 1. Cycles are clock cycles of the accelerator. Where a number comes
from (simulated, estimated ...) stands beside it or in :attr:`Report.provenance`.
"""

from toolkit.report.schema.exits import Baseline, EqualResources, Exit, Latency, Mix, Price
from toolkit.report.schema.hardware import Dataflow, Layer, ResourceTable
from toolkit.report.schema.policy import Disagreement, PolicyInForce, TradeOff
from toolkit.report.schema.report import CheckpointInfo, EpochMetrics, Report, TestedDataset

__all__ = [
    "Baseline",
    "CheckpointInfo",
    "Dataflow",
    "Disagreement",
    "EpochMetrics",
    "EqualResources",
    "Exit",
    "Latency",
    "Layer",
    "Mix",
    "PolicyInForce",
    "Price",
    "Report",
    "ResourceTable",
    "TestedDataset",
    "TradeOff",
]
