"""Export to QONNX: integer graphs per segment and per exit path."""

from toolkit.export.export import export_graphs, state_digest
from toolkit.export.frozen import Feature, FrozenLayer, FrozenSegment, freeze
from toolkit.export.graphs import ExitGraphs, Graph, LayerInfo, TensorInfo

__all__ = [
    "ExitGraphs",
    "Feature",
    "FrozenLayer",
    "FrozenSegment",
    "Graph",
    "LayerInfo",
    "TensorInfo",
    "export_graphs",
    "freeze",
    "state_digest",
]
