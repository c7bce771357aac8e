"""QONNX files as others write them, made node by node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from qonnx.core.datatype import DataType
from qonnx.core.modelwrapper import ModelWrapper

QUANT = ("Quant", "BipolarQuant", "IntQuant", "MultiThreshold")


class Chain:
    """A chain under construction; every method adds a node and returns the chain.

    Args:
        shape: shape of the input with its batch.
        annotated: qonnx type of the input; None: real numbers.
        seed: seed of all numbers.
    """

    def __init__(self, *shape: Any, annotated: str | None = None, seed: int = 0) -> None:
        self.generator = np.random.default_rng(seed)
        self.shape, self.annotated = shape, annotated
        self.tensor, self.count = "in", 0
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value: Any, name: str = "c") -> str:
        """Add a constant and return its name."""
        self.count += 1
        self.constants.append(numpy_helper.from_array(np.asarray(value, np.float32), f"{name}{self.count}"))
        return f"{name}{self.count}"

    def node(self, op: str, *constants: Any, first: bool = True, **attributes: Any) -> Chain:
        """Add a node that reads the chain and constants: values, or names of tensors."""
        given = [one if isinstance(one, str) else self.constant(one) for one in constants]
        self.count += 1
        out = f"t{self.count}"
        domain = "qonnx.custom_op.general" if op in QUANT else ""
        inputs = [self.tensor, *given] if first else [*given, self.tensor]
        node = helper.make_node(op, inputs, [out], name=f"{op}_{self.count}", domain=domain, **attributes)
        self.nodes.append(node)
        self.tensor = out
        return self

    def weights(self, *shape: int, bits: int = 4, scale: Any = 0.125, transposed: bool = False) -> str:
        """Add quantised weights and return their tensor; 1 bit is bipolar."""
        values = self.constant(self.generator.normal(size=shape) * np.asarray(scale) * 2 ** (bits - 1), "w")
        self.count += 1
        out = f"q{self.count}"
        if bits == 1:
            given, op, more = [values, self.constant(scale)], "BipolarQuant", {}
        else:
            given = [values, *(self.constant(one) for one in (scale, 0.0, bits))]
            op, more = "Quant", {"signed": 1, "narrow": 1, "rounding_mode": "ROUND"}
        name, domain = f"weights_{self.count}", "qonnx.custom_op.general"
        self.nodes.append(helper.make_node(op, given, [out], name=name, domain=domain, **more))
        if transposed:
            self.nodes.append(helper.make_node("Transpose", [out], [f"{out}t"], perm=[1, 0]))
            return f"{out}t"
        return out

    def conv(self, inputs: int, outputs: int, kernel: int, bias: Any = None, **more: Any) -> Chain:
        """Add a convolution."""
        quantised = {name: more.pop(name) for name in ("bits", "scale") if name in more}
        given = [self.weights(outputs, inputs, kernel, kernel, **quantised)]
        return self.node("Conv", *given, *([] if bias is None else [bias]), kernel_shape=[kernel] * 2, **more)

    def quant(self, bits: int, scale: Any, *, signed: bool = False, zero: float = 0, **more: Any) -> Chain:
        """Add a quantiser."""
        more = {"narrow": 0, "rounding_mode": "ROUND", **more}
        return self.node("Quant", scale, zero, bits, signed=int(signed), **more)

    def reshape(self, *shape: int) -> Chain:
        """Add a Reshape."""
        self.count += 1
        self.constants.append(numpy_helper.from_array(np.array(shape, np.int64), f"shape{self.count}"))
        return self.node("Reshape", f"shape{self.count}")

    def flattened_by_shape(self) -> Chain:
        """Flatten by a computed shape, as older exporters write ``x.view(x.size(0), -1)``."""
        source, count = self.tensor, self.count
        numbers = {"index": np.array(0), "axes": np.array([0]), "rest": np.array([-1])}
        for name, value in numbers.items():
            self.constants.append(numpy_helper.from_array(value, f"{name}{count}"))
        steps = (
            ("Shape", [source], {}),
            ("Gather", ["Shape", f"index{count}"], {"axis": 0}),
            ("Unsqueeze", ["Gather", f"axes{count}"], {}),
            ("Concat", ["Unsqueeze", f"rest{count}"], {"axis": 0}),
        )
        self.nodes += [helper.make_node(op, given, [op], name=op, **more) for op, given, more in steps]
        return self.node("Reshape", "Concat")

    def norm(self, channels: int) -> Chain:
        """Add a batch normalisation; some factors are negative."""
        draw = self.generator
        given = draw.normal(size=channels), draw.normal(size=channels), draw.normal(size=channels)
        return self.node("BatchNormalization", *given, draw.uniform(0.5, 2, channels), epsilon=1e-5)

    def model(self, outputs: int = 3, opset: int = 18) -> onnx.ModelProto:
        """Return the model."""
        ends = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
            for name, shape in (("in", self.shape), (self.tensor, [1, outputs]))
        ]
        graph = helper.make_graph(self.nodes, "foreign", ends[:1], ends[1:], self.constants)
        opsets = [helper.make_opsetid("", opset), helper.make_opsetid("qonnx.custom_op.general", 2)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=9)
        if self.annotated is None:
            return model
        wrapper = ModelWrapper(model)
        wrapper.set_tensor_datatype("in", DataType[self.annotated])
        return wrapper.model

    def save(self, path: Path, outputs: int = 3, opset: int = 18) -> Path:
        """Write the model."""
        path.write_bytes(self.model(outputs, opset).SerializeToString())
        return path


def convolutional(seed: int = 0, scale: float = 0.125) -> Chain:
    """Input quantiser, a convolution, normalisation, ReLU, pool, two linear layers; a map of 6x6."""
    chain = Chain(1, 2, 6, 6, seed=seed).quant(8, 1 / 256)
    chain.conv(2, 4, 3, pads=[1, 1, 1, 1], scale=scale).norm(4).node("Relu").quant(3, 0.5)
    chain.node("MaxPool", kernel_shape=[2, 2], strides=[2, 2]).node("Flatten", axis=1)
    chain.node("MatMul", chain.weights(36, 5)).norm(5).quant(4, 0.25, signed=True)
    return chain.node("Gemm", chain.weights(3, 5), np.array([1.0, -2.0, 0.5]), transB=1)


def binary(seed: int = 0) -> Chain:
    """A perceptron of one bit, as of TFC: pixels become signs, and so does all that follows."""
    chain = Chain(1, 1, 4, 4, seed=seed).reshape(1, 16)
    chain.node("Mul", 2.0).node("Sub", [1.0]).node("BipolarQuant", 1.0)
    for outputs, inputs in ((8, 16), (8, 8)):
        weights = chain.weights(outputs, inputs, bits=1, scale=1.0, transposed=True)
        chain.node("MatMul", weights).norm(outputs).node("BipolarQuant", 1.0)
    return chain.node("MatMul", chain.weights(3, 8, bits=1, scale=1.0, transposed=True)).node("Mul", 0.3)
