"""Rewrite a traced graph with readable names, one meaning per tensor, and nothing that varies between runs.

The traced graph is a chain, so its nodes can be told one by one: each must be the operator that its layer
calls for, or the export is refused. The rewritten graph has

* nodes named after layers (``trunk0.conv0``; the quantisers are ``trunk0.relu0`` and
``trunk0.conv0.weight.quant``),
* the tensor ``<layer>.out`` leaving each layer, and parameters ``<layer>.weight``, ``<layer>.bias``,
``<layer>.scale``,
* no exporter metadata, no initialiser among the inputs, Flatten instead of a Reshape to a fixed batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from qonnx.core.datatype import DataType
from qonnx.core.modelwrapper import ModelWrapper

from toolkit.errors import UnsupportedOperator
from toolkit.export.frozen import FrozenLayer
from toolkit.export.graphs import TensorInfo

_OPERATORS = {"pool": ("MaxPool",), "flatten": ("Reshape", "Flatten")}
_QUANT_PARAMETERS = ("scale", "zero_point", "bits")
_QUANT_DOMAIN = "qonnx.custom_op.general"


class _Rewriter:
    """Consumes the traced chain node by node and builds its readable twin."""

    def __init__(self, traced: onnx.ModelProto) -> None:
        graph = traced.graph
        self.constants = {init.name: numpy_helper.to_array(init) for init in graph.initializer}
        self.producers = {name: node for node in graph.node for name in node.output}
        # what remains after the quantisers of weights is one chain; ONNX keeps it in order
        self.chain = [node for node in graph.node if not self._of_constant(node)]
        self.position = 0
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self.values: list[onnx.ValueInfoProto] = []

    def _of_constant(self, node: onnx.NodeProto) -> bool:
        return node.op_type == "Quant" and node.input[0] in self.constants

    def take(self, layer: str, operators: Iterable[str]) -> onnx.NodeProto:
        """The next node of the chain, which must be one of ``operators``."""
        node = self.chain[self.position] if self.position < len(self.chain) else None
        if node is None or node.op_type not in operators:
            raise UnsupportedOperator(
                f"node {self.position} of the traced graph, for layer {layer}",
                expected=" or ".join(operators),
                found=node.op_type if node else "the end of the graph",
                fix="This PyTorch or Brevitas exports differently; use the supported versions.",
            )
        self.position += 1
        return node

    def constant(self, name: str, value: np.ndarray) -> str:
        """Add an initialiser."""
        self.initializers.append(numpy_helper.from_array(np.asarray(value, order="C"), name))
        return name

    def add(
        self, op: str, name: str, inputs: Sequence[str], output: str, domain: str = "", **attrs: Any
    ) -> str:
        """Add a node with one output; attributes in alphabetical order."""
        ordered = dict(sorted(attrs.items()))
        self.nodes.append(helper.make_node(op, list(inputs), [output], name=name, domain=domain, **ordered))
        return output

    def scaling(self, name: str, x: str, output: str) -> None:
        """The multiplication at either end."""
        node = self.take(name, ["Mul"])
        factor = next(self.constants[i] for i in node.input if i in self.constants)
        self.add("Mul", name, [x, self.constant(f"{name}.factor", factor)], output)

    def quant(self, node: onnx.NodeProto, name: str, owner: str, x: str, output: str) -> str:
        """A quantiser; ``owner`` prefixes the names of its parameters."""
        parameters = [
            self.constant(f"{owner}.{what}", self.constants[source])
            for what, source in zip(_QUANT_PARAMETERS, node.input[1:], strict=True)
        ]
        return self.add("Quant", name, [x, *parameters], output, _QUANT_DOMAIN, **_attributes(node))

    def layer(self, layer: FrozenLayer, x: str) -> str:
        """Rewrite one layer reading tensor ``x``; returns the tensor that leaves it."""
        name, kind, out = layer.step.name, layer.step.kind, f"{layer.step.name}.out"
        if kind == "weight":
            return self._weight(name, x, out)
        if kind == "act":
            if not layer.step.signed:
                self.take(name, ["Relu"])
                x = self.add("Relu", f"{name}.clip", [x], f"{name}.clip.out")
                self._value(x, layer)
            self.quant(self.take(name, ["Quant"]), name, name, x, out)
        else:
            node = self.take(name, _OPERATORS[kind])
            if kind == "flatten":
                self.add("Flatten", name, [x], out, axis=1)
            else:
                self.add("MaxPool", name, [x], out, **_attributes(node))
        self._value(out, layer)
        return out

    def _weight(self, name: str, x: str, out: str) -> str:
        node = self.take(name, ["Conv", "Gemm"])
        weight = f"{name}.weight"
        source = self.producers[node.input[1]]
        self.constant(weight, self.constants[source.input[0]])
        quantised = self.quant(source, f"{weight}.quant", weight, weight, f"{weight}.quantised")
        inputs = [x, quantised]
        if len(node.input) > 2:
            inputs.append(self.constant(f"{name}.bias", self.constants[node.input[2]]))
        return self.add(node.op_type, name, inputs, out, **_attributes(node))

    def _value(self, tensor: str, layer: FrozenLayer) -> None:
        self.values.append(helper.make_tensor_value_info(tensor, TensorProto.FLOAT, [1, *layer.output.shape]))


def _attributes(node: onnx.NodeProto) -> dict[str, Any]:
    return {attr.name: helper.get_attribute_value(attr) for attr in node.attribute}


def tidy(
    traced: onnx.ModelProto, name: str, layers: Sequence[FrozenLayer], source: TensorInfo, sink: TensorInfo
) -> onnx.ModelProto:
    """The readable, deterministic twin of ``traced``.

    Args:
        traced: what the exporter gave for a chain of ``layers``.
        name: of the graph.
        layers: every layer of the chain in order.
        source, sink: the integer tensors at its ends; their types are annotated for qonnx.

    Raises:
        UnsupportedOperator: the traced graph is not that chain.
    """
    rewriter = _Rewriter(traced)
    x = f"{source.name}.real"
    rewriter.scaling("input_scale", source.name, x)
    for layer in layers:
        x = rewriter.layer(layer, x)
    rewriter.scaling("output_scale", x, sink.name)
    if rewriter.position != len(rewriter.chain):
        extra = rewriter.chain[rewriter.position]
        raise UnsupportedOperator(f"node {rewriter.position} of graph {name}", found=extra.op_type)
    graph = helper.make_graph(
        rewriter.nodes,
        name,
        [helper.make_tensor_value_info(source.name, TensorProto.FLOAT, source.shape)],
        [helper.make_tensor_value_info(sink.name, TensorProto.FLOAT, sink.shape)],
        rewriter.initializers,
        value_info=rewriter.values,
    )
    opsets = sorted(traced.opset_import, key=lambda opset: opset.domain)
    model = helper.make_model(
        graph, producer_name="offramp", ir_version=traced.ir_version, opset_imports=opsets
    )
    onnx.checker.check_model(model, full_check=False)
    wrapper = ModelWrapper(model)
    for info in (source, sink):
        wrapper.set_tensor_datatype(info.name, DataType[info.dtype])
    return wrapper.model
