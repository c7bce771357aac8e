"""Builds the exported graph from traced nodes: readable names, integer input and output, reproducible bytes.

A segment is a chain, so its nodes are matched with its layers one by one: each must be the operator that its
layer calls for, or the export is refused. In an exit path, branches of residual blocks meet in an Add. The
graph has

* an integer input multiplied by its scale, and an integer output divided by its own;
* nodes named after layers: ``trunk0.conv0``, ``trunk0.relu0``, ``trunk0.conv0.weight.quant``;
* an output tensor ``<layer>.out`` for each layer, and parameters ``<layer>.weight``, ``<layer>.bias``,
  ``<layer>.scale``, ``<layer>.bits``;
* pools whose windows are cut off at the border only by explicit padding;
* Flatten instead of a Reshape to a fixed batch, and no exporter metadata.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper

from hw_models.lowering import AVERAGE_BITS, Operation
from hw_models.spec import AvgPool, MaxPool, pair
from toolkit.core.errors import UnsupportedOperator
from toolkit.core.topology import Part
from toolkit.export.builder import GraphBuilder
from toolkit.export.frozen import FrozenLayer, FrozenSegment
from toolkit.export.graphs import Graph, LayerInfo, TensorInfo
from toolkit.export.trace import Traced

_QUANT_PARAMETERS = ("scale", "zero_point", "bits")


class _Builder(GraphBuilder):
    """The graph of traced nodes under construction."""

    def __init__(self, traced: Traced) -> None:
        super().__init__()
        self.traced = traced

    def scale_input(self, source: TensorInfo) -> str:
        """Add the conversion of the integer input to real values and return the name of the real tensor."""
        real = f"{source.name}.real"
        self.value(real, source.shape)
        return self.scaling("input_scale", source.name, real, source.scale)

    def source(self, frozen: FrozenSegment, outputs: Mapping[Part, str], real: str) -> str:
        """Return the tensor that a segment reads: the real input, an output before it, or the sum of two."""
        found = [outputs[source] for source in frozen.sources if source in outputs] or [real]
        if len(found) == 1:
            return found[0]
        name = frozen.sources[0].sum_name
        self.value(f"{name}.out", [1, *frozen.input.shape])
        return self.node("Add", name, found, f"{name}.out")

    def segment(self, frozen: FrozenSegment, x: str) -> str:
        """Add every layer of a segment with input tensor ``x`` and return its output tensor."""
        chain = list(self.traced.chains.get(frozen.part, []))
        for layer in frozen.layers:
            x = self._layer(layer, chain, x)
        if chain:
            raise UnsupportedOperator(f"after the last layer of {frozen.part}", found=chain[0].op_type)
        return x

    def _layer(self, layer: FrozenLayer, chain: list[onnx.NodeProto], x: str) -> str:
        name, kind, out = layer.operation.name, layer.operation.kind, f"{layer.operation.name}.out"
        if kind == "weight":
            self._weight(_take(chain, name, "Conv", "Gemm"), layer, x, out)
        elif kind == "act":
            if not layer.operation.signed:
                _take(chain, name, "Relu")
                x = self.node("Relu", f"{name}.clip", [x], f"{name}.clip.out")
                self.value(x, [1, *layer.output.shape])
            self._quant(_take(chain, name, "Quant"), name, name, x, out)
        elif kind == "flatten":
            _take(chain, name, "Reshape", "Flatten")
            self.node("Flatten", name, [x], out, axis=1)
        else:
            _take(chain, name, "MaxPool")
            self.node("MaxPool", name, [x], out, **_pool(layer.operation))
        self.value(out, [1, *layer.output.shape])
        return out

    def _weight(self, node: onnx.NodeProto, layer: FrozenLayer, x: str, out: str) -> None:
        name = layer.operation.name
        weight = f"{name}.weight"
        if isinstance(layer.operation.layer, AvgPool):
            self._average(node, layer, x, out)
            return
        source = self.traced.producers[node.input[1]]
        values = layer.weight_values()  # already on the grid, so the Quant node does not change them
        self.constant(weight, values)
        inputs = [x, self._quant(source, f"{weight}.quant", weight, weight, f"{weight}.quantised")]
        self.value(inputs[1], values.shape)
        if len(node.input) > 2:
            inputs.append(self.constant(f"{name}.bias", self.traced.constants[node.input[2]]))
        self.node(node.op_type, name, inputs, out, **_attributes(node))

    def _average(self, node: onnx.NodeProto, layer: FrozenLayer, x: str, out: str) -> None:
        """Add an average as a convolution with quantised weights of 1 times its scale."""
        name, weight = layer.operation.name, f"{layer.operation.name}.weight"
        assert layer.weight_scale is not None
        values = layer.weight_values()
        given = {
            "scale": np.array(layer.weight_scale.item(), np.float32),
            "zero_point": np.array(0, np.float32),
            "bits": np.array(AVERAGE_BITS, np.float32),
        }
        inputs = [
            self.constant(weight, values),
            *(self.constant(f"{weight}.{what}", given[what]) for what in _QUANT_PARAMETERS),
        ]
        options = {"narrow": 1, "rounding_mode": "ROUND", "signed": 1}
        quantised = self.node("Quant", f"{weight}.quant", inputs, f"{weight}.quantised", **options)
        self.value(quantised, values.shape)
        self.node("Conv", name, [x, quantised], out, **_attributes(node))

    def _quant(self, node: onnx.NodeProto, name: str, owner: str, x: str, output: str) -> str:
        parameters = [
            self.constant(f"{owner}.{what}", self.traced.constants[source])
            for what, source in zip(_QUANT_PARAMETERS, node.input[1:], strict=True)
        ]
        return self.node("Quant", name, [x, *parameters], output, **_attributes(node))


def _take(chain: list[onnx.NodeProto], layer: str, *operators: str) -> onnx.NodeProto:
    """Remove and return the first node of ``chain``, which must have one of ``operators``."""
    if not chain or chain[0].op_type not in operators:
        raise UnsupportedOperator(
            f"traced node of layer {layer}",
            expected=" or ".join(operators),
            found=chain[0].op_type if chain else "the end of the graph",
            fix="Another PyTorch or Brevitas may trace differently; use the supported versions.",
        )
    return chain.pop(0)


def _attributes(node: onnx.NodeProto) -> dict[str, Any]:
    return {attr.name: helper.get_attribute_value(attr) for attr in node.attribute}


def _pool(operation: Operation) -> dict[str, Any]:
    """Return the attributes of a pool, ceil mode as padding: not every reader knows it by PyTorch's rule."""
    assert isinstance(operation.layer, MaxPool)
    return {
        "kernel_shape": pair(operation.layer.kernel),
        "strides": operation.layer.step,
        "pads": operation.layer.sides(operation.input_shape),
    }


def write_graph(
    traced: Traced,
    name: str,
    segments: Sequence[FrozenSegment],
    source: TensorInfo,
    sink: TensorInfo,
    layers: Iterable[LayerInfo],
    out_dir: Path,
    *,
    exact: bool,
) -> Graph:
    """Write the integer graph of consecutive ``segments``.

    Args:
        traced: nodes of every segment.
        name: name of the graph.
        segments: segments in order: a single one, or those of an exit path.
        source, sink, layers, out_dir, exact: as for :meth:`GraphBuilder.write`.

    Raises:
        UnsupportedOperator: the traced nodes do not match the described layers.
    """
    builder = _Builder(traced)
    real, outputs = builder.scale_input(source), dict[Part, str]()
    for segment in segments:
        outputs[segment.part] = builder.segment(segment, builder.source(segment, outputs, real))
    builder.scaling("output_scale", outputs[segments[-1].part], sink.name, 1 / sink.scale)
    return builder.write(
        name, source, sink, layers, out_dir, exact=exact, ir_version=traced.ir_version, opsets=traced.opsets
    )
