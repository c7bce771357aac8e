"""Export to QONNX: integer graphs per segment and per exit path.

Reading exported graphs is light; what exports needs PyTorch and is imported when it is first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from toolkit.export.graphs import ExitGraphs, Graph, LayerInfo, TensorInfo

if TYPE_CHECKING:
    from toolkit.export.export import export_graphs, state_digest
    from toolkit.export.frozen import Feature, FrozenLayer, FrozenSegment, freeze

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

_NEED_TORCH = {
    "Feature": "toolkit.export.frozen",
    "FrozenLayer": "toolkit.export.frozen",
    "FrozenSegment": "toolkit.export.frozen",
    "export_graphs": "toolkit.export.export",
    "freeze": "toolkit.export.frozen",
    "state_digest": "toolkit.export.export",
}


def __getattr__(name: str) -> object:
    if name in _NEED_TORCH:
        return getattr(importlib.import_module(_NEED_TORCH[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
