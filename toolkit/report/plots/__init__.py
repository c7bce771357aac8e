"""The plots of a report, one per file, drawn as SVG in the page's style."""

from toolkit.report.plots.cascade import traffic
from toolkit.report.plots.gain import gain
from toolkit.report.plots.latency import latency
from toolkit.report.plots.load import load
from toolkit.report.plots.result import result
from toolkit.report.plots.thresholds import thresholds
from toolkit.report.plots.training import training, training_png

__all__ = ["gain", "latency", "load", "result", "thresholds", "traffic", "training", "training_png"]
