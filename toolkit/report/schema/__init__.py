"""The types of ``report.json``, checked when it is written and when it is read.

Results of other packages (costs, cascade, comparison, verification) have the types of those packages. Shares
and accuracies are fractions of 1. Cycles are clock cycles of the accelerator. The origin of a number
(simulated, estimated ...) stands beside it or in :attr:`Report.provenance`.
"""

from toolkit.report.schema.exits import Baseline, EqualResources, Exit, Latency, Mix, Price
from toolkit.report.schema.gallery import Gallery, GalleryImage
from toolkit.report.schema.hardware import Dataflow, Layer, ResourceTable
from toolkit.report.schema.policy import Disagreement, PolicyInForce, PricedCurve, TradeOff, Trial
from toolkit.report.schema.report import CheckpointInfo, EpochMetrics, Report, TestedDataset

__all__ = [
    "Baseline",
    "CheckpointInfo",
    "Dataflow",
    "Disagreement",
    "EpochMetrics",
    "EqualResources",
    "Exit",
    "Gallery",
    "GalleryImage",
    "Latency",
    "Layer",
    "Mix",
    "PolicyInForce",
    "Price",
    "PricedCurve",
    "Report",
    "ResourceTable",
    "TestedDataset",
    "TradeOff",
    "Trial",
]
