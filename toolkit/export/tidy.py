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

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from qonnx.core.datatype import DataType
from qonnx.core.modelwrapper import ModelWrapper

from hw_models.lowering import AVERAGE_BITS, Operation
from hw_models.spec import AvgPool, MaxPool, pair
from toolkit.core.errors import UnsupportedOperator
from toolkit.core.topology import Part
from toolkit.export.frozen import FrozenLayer, FrozenSegment
from toolkit.export.graphs import TensorInfo
from toolkit.export.trace import Traced

_QUANT_PARAMETERS = ("scale", "zero_point", "bits")
_QUANT_DOMAIN = "qonnx.custom_op.general"


class _Builder:
    """The nodes and tensors of a graph under construction."""

    def __init__(self, traced: Traced) -> None:
        self.traced = traced
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self.values: list[onnx.ValueInfoProto] = []

    def constant(self, name: str, value: np.ndarray) -> str:
        """Add an initialiser and return its name."""
        self.initializers.append(numpy_helper.from_array(value, name))
        return name

    def node(self, op: str, name: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        """Add a node with one output and return the output's name."""
        domain = _QUANT_DOMAIN if op == "Quant" else ""
        ordered = dict(sorted(attributes.items()))
        self.nodes.append(helper.make_node(op, list(inputs), [output], name=name, domain=domain, **ordered))
        return output

    def scale_input(self, source: TensorInfo) -> str:
        """Add the conversion of the integer input to real values and return the name of the real tensor."""
        real = f"{source.name}.real"
        self._value(real, source.shape)
        return self.scaling("input_scale", source.name, real, source.scale)

    def scaling(self, name: str, x: str, output: str, factor: float) -> str:
        """Add the multiplication with a scale at the input or output."""
        constant = self.constant(f"{name}.factor", np.array(factor, dtype=np.float32))
        return self.node("Mul", name, [x, constant], output)

    def source(self, frozen: FrozenSegment, outputs: Mapping[Part, str], real: str) -> str:
        """Return the tensor that a segment reads: the real input, an output before it, or the sum of two."""
        found = [outputs[source] for source in frozen.sources if source in outputs] or [real]
        if len(found) == 1:
            return found[0]
        name = frozen.sources[0].sum_name
        self._value(f"{name}.out", [1, *frozen.input.shape])
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
                self._value(x, [1, *layer.output.shape])
            self._quant(_take(chain, name, "Quant"), name, name, x, out)
        elif kind == "flatten":
            _take(chain, name, "Reshape", "Flatten")
            self.node("Flatten", name, [x], out, axis=1)
        else:
            _take(chain, name, "MaxPool")
            self.node("MaxPool", name, [x], out, **_pool(layer.operation))
        self._value(out, [1, *layer.output.shape])
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
        self._value(inputs[1], values.shape)
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
        self._value(quantised, values.shape)
        self.node("Conv", name, [x, quantised], out, **_attributes(node))

    def _quant(self, node: onnx.NodeProto, name: str, owner: str, x: str, output: str) -> str:
        parameters = [
            self.constant(f"{owner}.{what}", self.traced.constants[source])
            for what, source in zip(_QUANT_PARAMETERS, node.input[1:], strict=True)
        ]
        return self.node("Quant", name, [x, *parameters], output, **_attributes(node))

    def _value(self, tensor: str, shape: Sequence[int]) -> None:
        self.values.append(helper.make_tensor_value_info(tensor, TensorProto.FLOAT, shape))


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


def build_graph(
    traced: Traced, name: str, segments: Sequence[FrozenSegment], source: TensorInfo, sink: TensorInfo
) -> onnx.ModelProto:
    """Build the integer graph of consecutive ``segments``.

    Args:
        traced: nodes of every segment.
        name: name of the graph.
        segments: segments in order: a single one, or those of an exit path.
        source, sink: integer input and output tensor; their types are annotated for qonnx.

    Raises:
        UnsupportedOperator: the traced nodes do not match the described layers.
    """
    builder = _Builder(traced)
    real, outputs = builder.scale_input(source), dict[Part, str]()
    for segment in segments:
        outputs[segment.part] = builder.segment(segment, builder.source(segment, outputs, real))
    builder.scaling("output_scale", outputs[segments[-1].part], sink.name, 1 / sink.scale)
    graph = helper.make_graph(
        builder.nodes,
        name,
        [helper.make_tensor_value_info(source.name, TensorProto.FLOAT, source.shape)],
        [helper.make_tensor_value_info(sink.name, TensorProto.FLOAT, sink.shape)],
        builder.initializers,
        value_info=builder.values,
    )
    model = helper.make_model(
        graph, producer_name="offramp", ir_version=traced.ir_version, opset_imports=traced.opsets
    )
    wrapper = ModelWrapper(model)
    for info in (source, sink):
        wrapper.set_tensor_datatype(info.name, DataType[info.dtype])
    onnx.checker.check_model(wrapper.model, full_check=True)
    return wrapper.model
