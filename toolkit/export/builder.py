"""An exported graph under construction: nodes, tensors and its file, the same for every source of graphs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from qonnx.core.datatype import DataType
from qonnx.core.modelwrapper import ModelWrapper

from toolkit.core.artifact import sha256_file, write_bytes
from toolkit.export.graphs import Graph, LayerInfo, TensorInfo

QONNX_DOMAIN = "qonnx.custom_op.general"
_OF_QONNX = ("Quant", "MultiThreshold")


class GraphBuilder:
    """The nodes and tensors of a graph."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.values: list[onnx.ValueInfoProto] = []

    def constant(self, name: str, value: np.ndarray) -> str:
        """Add a constant and return its name."""
        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def value(self, tensor: str, shape: Sequence[int]) -> str:
        """Give a tensor between nodes its shape and return its name."""
        self.values.append(helper.make_tensor_value_info(tensor, TensorProto.FLOAT, shape))
        return tensor

    def node(self, op: str, name: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        """Add a node with one output and return the output's name."""
        domain, ordered = QONNX_DOMAIN if op in _OF_QONNX else "", dict(sorted(attributes.items()))
        self.nodes.append(helper.make_node(op, list(inputs), [output], name=name, domain=domain, **ordered))
        return output

    def scaling(self, name: str, x: str, output: str, factor: float) -> str:
        """Add the multiplication with a scale at the input or output."""
        constant = self.constant(f"{name}.factor", np.array(factor, dtype=np.float32))
        return self.node("Mul", name, [x, constant], output)

    def write(
        self,
        name: str,
        source: TensorInfo,
        sink: TensorInfo,
        layers: Iterable[LayerInfo],
        out_dir: Path,
        *,
        exact: bool,
        ir_version: int,
        opsets: Sequence[onnx.OperatorSetIdProto],
    ) -> Graph:
        """Check the graph, write ``NAME.onnx`` and return its description.

        Args:
            name: name of the graph.
            source, sink: integer input and output tensor; their types are annotated for qonnx.
            layers: descriptions of the layers, in order.
            out_dir: folder that receives the file.
            exact: whether float32 computes the graph without rounding.
            ir_version, opsets: versions of the format.
        """
        ends = [
            helper.make_tensor_value_info(one.name, TensorProto.FLOAT, one.shape) for one in (source, sink)
        ]
        graph = helper.make_graph(
            self.nodes, name, ends[:1], ends[1:], self.constants, value_info=self.values
        )
        model = helper.make_model(graph, producer_name="offramp", ir_version=ir_version, opset_imports=opsets)
        wrapper = ModelWrapper(model)
        for end in (source, sink):
            wrapper.set_tensor_datatype(end.name, DataType[end.dtype])
        onnx.checker.check_model(wrapper.model, full_check=True)
        file = out_dir / f"{name}.onnx"
        write_bytes(file, wrapper.model.SerializeToString(deterministic=True))
        return Graph(
            name=name,
            file=file,
            input=source,
            output=sink,
            digest=sha256_file(file),
            layers=tuple(layers),
            exact=exact,
        )
