"""Export to QONNX: integer graphs per segment and per exit path.

Reading exported graphs is light; :func:`toolkit.export.export.export_graphs` needs PyTorch.
"""

from toolkit.export.graphs import ExitGraphs, Graph, LayerInfo

__all__ = ["ExitGraphs", "Graph", "LayerInfo"]
