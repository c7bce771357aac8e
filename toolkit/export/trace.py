"""Runs Brevitas's exporter on a frozen network and returns the nodes of each segment."""

from __future__ import annotations

import contextlib
import copy
import io
import logging
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from hw_models.network import Chain
from hw_models.quantized import QuantConv, QuantLinear, QuantRelu, QuantSigned
from toolkit.core.errors import UnsupportedOperator
from toolkit.core.topology import Part
from toolkit.export.frozen import FrozenSegment


@dataclass(frozen=True)
class Traced:
    """The traced graph.

    Attributes:
        chains: nodes of each segment in order, without the quantisers of weights.
        constants: initialisers by tensor name.
        producers: node that computes each tensor, by tensor name.
        opsets, ir_version: versions of the traced model.
    """

    chains: dict[Part, list[onnx.NodeProto]]
    constants: dict[str, np.ndarray]
    producers: dict[str, onnx.NodeProto]
    opsets: list[onnx.OperatorSetIdProto]
    ir_version: int


class _Segments(nn.Module):
    """All segments side by side, each with an input and an output of its own.

    So one call of the exporter serves the whole network; most of its time is a fixed cost per call.
    """

    def __init__(self, parts: Mapping[Part, tuple[FrozenSegment, Chain]]) -> None:
        super().__init__()
        self.chains = nn.ModuleList(_frozen_copy(*part) for part in parts.values())

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Map the real input of every segment to its real output, [1, ...] each."""
        outputs = []
        for x, chain in zip(inputs, self.chains, strict=True):
            for layer in chain:  # type: ignore[attr-defined]
                x = layer.plain(x)
            outputs.append(x)
        return tuple(outputs)


def _frozen_copy(frozen: FrozenSegment, chain: Chain) -> nn.ModuleList:
    modules = nn.ModuleList(copy.deepcopy(chain).cpu().eval().children())
    for layer, module in zip(frozen.layers, modules, strict=True):
        if isinstance(module, (QuantConv, QuantLinear)) and module.folded()[1] is not None:
            module.bias = nn.Parameter(torch.from_numpy(layer.bias_values()))
        if isinstance(module, (QuantRelu, QuantSigned)):
            module.return_quant_tensor = False
    return modules


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Suppress the exporter's progress on stdout and its warnings about optional packages."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def trace(parts: Mapping[Part, tuple[FrozenSegment, Chain]]) -> Traced:
    """Trace every segment with Brevitas's dynamo exporter, one frame each.

    Args:
        parts: frozen description and module of each segment; segments without layers are skipped.
    """
    parts = {name: part for name, part in parts.items() if part[0].layers}
    examples = tuple(torch.zeros(1, *frozen.input.shape) for frozen, _ in parts.values())
    with _quiet():
        from brevitas.export import export_qonnx  # importing it prints warnings

        model = export_qonnx(_Segments(parts), args=examples, export_path=None, dynamo=True, optimize=True)
    graph = model.graph
    constants = {init.name: numpy_helper.to_array(init) for init in graph.initializer}
    ends = zip(parts, graph.input, graph.output, strict=True)
    return Traced(
        chains={name: _chain(graph, source.name, sink.name) for name, source, sink in ends},
        constants=constants,
        producers={name: node for node in graph.node for name in node.output},
        opsets=sorted(model.opset_import, key=lambda opset: opset.domain),
        ir_version=model.ir_version,
    )


def _chain(graph: onnx.GraphProto, start: str, end: str) -> list[onnx.NodeProto]:
    """Return the nodes from tensor ``start`` to ``end``; each has the one before as its first input."""
    consumers = {node.input[0]: node for node in graph.node}
    chain = []
    tensor = start
    while tensor != end:
        if tensor not in consumers:
            raise UnsupportedOperator(f"traced graph breaks off at tensor {tensor}", expected="one chain")
        node = consumers[tensor]
        chain.append(node)
        tensor = node.output[0]
    return chain
