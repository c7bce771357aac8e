"""Reads a QONNX file and checks that it is a chain that can be compiled; names all that is wrong, at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.infer_shapes import InferShapes

from toolkit.core.errors import ArtifactError, UnsupportedOperator, one_line
from toolkit.core.reading import read_onnx, reading
from toolkit.data.random_frames import input_of, shape_of
from toolkit.export.foreign.quantisers import CLIPPING, DOMAINS, Quantised, quantised_constant

OLDEST, NEWEST = 9, 23
"""Versions of ONNX's own operators that are read."""
WEIGHTED = ("Conv", "Gemm", "MatMul")
AFFINE = ("Mul", "Add", "Sub", "Div", "BatchNormalization", "Relu")
SHAPING = ("Flatten", "Reshape", "Identity", "Dropout")
SUPPORTED = (*WEIGHTED, *AFFINE, "MaxPool", *SHAPING, *CLIPPING)
_FOLDED = "Let `qonnx-cleanup` fold constants, and export for one picture at a time."


@dataclass(frozen=True)
class ForeignNode:
    """A node on the way from input to output.

    Attributes:
        name: its name, or that of the tensor it computes.
        op: type of the operator.
        attributes: by name.
        constants: constant inputs by position: arrays, or quantised weights.
        data: position of the input that is not constant.
    """

    name: str
    op: str
    attributes: Mapping[str, Any]
    constants: Mapping[int, np.ndarray | Quantised]
    data: int

    @property
    def named(self) -> str:
        """The node in messages."""
        return one_line(f"{self.op} '{self.name}'")

    def array(self, position: int) -> np.ndarray:
        """Return a constant input.

        Raises:
            UnsupportedOperator: it is missing, or quantised weights.
        """
        found = self.constants.get(position)
        if not isinstance(found, np.ndarray) or not np.isfinite(found).all():
            raise UnsupportedOperator(self.named, expected=f"finite constants as input {position}")
        return found

    def ints(self, name: str, default: list[int]) -> list[int]:
        """Return an attribute of whole numbers."""
        return [int(value) for value in self.attributes.get(name, default)]


@dataclass(frozen=True)
class ForeignChain:
    """The nodes of a file in order, and its input.

    Attributes:
        shape: shape of one input without the batch, (C, H, W) or (F,).
        dtype: qonnx type that the input is annotated with; ``FLOAT32`` without one.
    """

    path: Path
    nodes: tuple[ForeignNode, ...]
    shape: tuple[int, ...]
    dtype: str


def read_chain(path: Path) -> ForeignChain:
    """Read a file.

    Raises:
        ArtifactError: it is missing, damaged, of another version, for several pictures at once, or keeps
            tensors in other files.
        UnsupportedOperator: it is no chain of supported nodes; names all that are wrong.
    """
    with reading(str(path), "a QONNX graph"):
        model = read_onnx(path)
        _require_readable(path, model)
        return _Reader(path, model).chain()


def _require_readable(path: Path, model: onnx.ModelProto) -> None:
    if not model.graph.node:
        raise ArtifactError(f"{path}", expected="an ONNX graph with nodes", found="none")
    versions = [one.version for one in model.opset_import if one.domain in ("", "ai.onnx")]
    for version in versions or [0]:
        if not OLDEST <= version <= NEWEST:
            raise ArtifactError(
                f"{path}: version of ONNX's operators (opset)",
                expected=f"{OLDEST} to {NEWEST}",
                found=version or "none",
                fix="Export it again with another opset_version.",
            )
    given = [one.t for node in model.graph.node for one in node.attribute if one.HasField("t")]
    for tensor in (*model.graph.initializer, *given):
        if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
            raise ArtifactError(
                one_line(f"{path}: tensor '{tensor.name}'"),
                expected="all tensors in the file itself",
                found="one in another file",
                fix="Save it with onnx.save(model, path) and no external data.",
            )


class _Reader:
    """A graph whose constants are known."""

    def __init__(self, path: Path, model: onnx.ModelProto) -> None:
        self.path, self.model = path, model
        self.source = input_of(path, model)
        wrapper = ModelWrapper(model)
        self.dtype = wrapper.get_tensor_datatype(self.source.name).name
        self.constants: dict[str, np.ndarray | Quantised] = {}
        self.whole = set[str]()
        for one in model.graph.initializer:
            self.constants[one.name] = numpy_helper.to_array(one)
            if wrapper.get_tensor_datatype(one.name).is_integer():
                self.whole.add(one.name)
        self.varying: list[onnx.NodeProto] = []
        if any(node.op_type == "Shape" for node in model.graph.node):
            wrapper = wrapper.transform(InferShapes())
        for node in model.graph.node:
            if node.op_type == "Shape" and (known := wrapper.get_tensor_shape(node.input[0])):
                self.constants[node.output[0]] = np.array(known, np.int64)
            elif all(name in self.constants for name in node.input if name):
                self._evaluate(node)
            else:
                self.varying.append(node)

    def chain(self) -> ForeignChain:
        """Return the chain; raises the errors of :func:`read_chain`."""
        if problems := [*self._branches(), *self._unsupported()]:
            raise UnsupportedOperator(
                f"{self.path}",
                expected=f"a chain of {', '.join(SUPPORTED)}",
                found=", ".join(problems),
                details=problems,
            )
        readers = {self._data(node)[1]: node for node in self.varying}
        tensor, nodes = self.source.name, []
        while tensor in readers:
            nodes.append(self._node(node := readers.pop(tensor)))
            tensor = node.output[0]
        if tensor != self.model.graph.output[0].name or readers:
            raise UnsupportedOperator(
                f"{self.path}",
                expected="one chain from input to output",
                found=one_line(f"an end at '{tensor}'"),
            )
        return ForeignChain(self.path, tuple(nodes), shape_of(self.path, self.source), self.dtype)

    def _evaluate(self, node: onnx.NodeProto) -> None:
        """Compute a node whose inputs are constant."""
        given = [self.constants[name] for name in node.input if name]
        if node.op_type in CLIPPING:
            self.constants[node.output[0]] = quantised_constant(node.op_type, _attributes(node), given)
            return

        def compute(arrays: list[np.ndarray]) -> Any:
            names = [name for name in node.input if name]
            inputs, outputs = (
                [helper.make_empty_tensor_value_info(name) for name in some] for some in (names, node.output)
            )
            graph = helper.make_graph([node], "constant", inputs, outputs)
            model = helper.make_model(graph, opset_imports=self.model.opset_import)
            return ReferenceEvaluator(model).run(None, dict(zip(names, arrays, strict=True)))

        if given and isinstance(given[0], Quantised):
            rest = [one for one in given[1:] if isinstance(one, np.ndarray)]
            if node.op_type not in ("Transpose", "Reshape", "Flatten", "Identity"):
                raise UnsupportedOperator(
                    f"{_named(node)} of weights",
                    expected="no arithmetic behind their quantiser",
                )
            self.constants[node.output[0]] = given[0].shaped(lambda values: compute([values, *rest])[0])
            return
        values = compute([one for one in given if isinstance(one, np.ndarray)])
        self.constants |= dict(zip(node.output, map(np.asarray, values), strict=False))

    def _branches(self) -> Iterator[str]:
        readers = defaultdict(list)
        for node in self.varying:
            inputs = [name for name in node.input if name and name not in self.constants]
            for name in inputs:
                readers[name].append(_named(node))
            if len(inputs) > 1:
                yield one_line(f"{_named(node)}: joins {', '.join(inputs)}, and only chains can be compiled")
        for name, nodes in readers.items():
            if len(nodes) > 1:
                yield one_line(f"tensor '{name}': branches off to {', '.join(nodes)}")

    def _unsupported(self) -> Iterator[str]:
        for node in self.varying:
            if node.op_type not in SUPPORTED or node.domain not in ("", "ai.onnx", *DOMAINS):
                domain = f" of {node.domain}" if node.domain else ""
                yield one_line(f"{_named(node)}: {node.op_type}{domain} is not supported")
            elif node.op_type in WEIGHTED:
                if not isinstance(self._weights(node), Quantised):
                    yield f"{_named(node)}: its weights are not quantised"
                elif problem := _window_problem(node):
                    yield f"{_named(node)}: {problem}"
            elif node.op_type == "MaxPool" and (problem := _window_problem(node)):
                yield f"{_named(node)}: {problem}"
            elif node.op_type == "Reshape" and node.input[1] not in self.constants:
                yield f"{_named(node)}: its shape is computed. {_FOLDED}"

    def _weights(self, node: onnx.NodeProto) -> Quantised | None:
        """Return the quantised weights of a node; None: it has none."""
        found = self.constants.get(node.input[1])
        if isinstance(found, np.ndarray) and node.input[1] in self.whole:
            return Quantised.of_integers(found)
        return found if isinstance(found, Quantised) else None

    def _data(self, node: onnx.NodeProto) -> tuple[int, str]:
        return next(
            (index, name) for index, name in enumerate(node.input) if name and name not in self.constants
        )

    def _node(self, node: onnx.NodeProto) -> ForeignNode:
        index, _ = self._data(node)
        given = {at: self.constants[name] for at, name in enumerate(node.input) if name and at != index}
        if node.op_type in WEIGHTED and (weights := self._weights(node)) is not None:
            given[1] = weights
        return ForeignNode(node.name or node.output[0], node.op_type, _attributes(node), given, index)


def _window_problem(node: onnx.NodeProto) -> str:
    """Say what a convolution or pool has that cannot be compiled; empty: nothing."""
    attributes = _attributes(node)
    if attributes.get("group", 1) != 1:
        return f"group {attributes['group']}, where only 1 can be compiled"
    if any(step != 1 for step in attributes.get("dilations", [])):
        return "dilation other than 1"
    if attributes.get("auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID"):
        return "auto_pad; give the padding in numbers"
    if attributes.get("transA", 0) or attributes.get("alpha", 1) != 1 or attributes.get("beta", 1) != 1:
        return "alpha, beta or transA"
    if node.op_type == "MaxPool" and len(node.output) > 1 and node.output[1]:
        return "indices as an output"
    return ""


def _named(node: onnx.NodeProto) -> str:
    return one_line(f"{node.op_type} '{node.name or node.output[0]}'")


def _attributes(node: onnx.NodeProto) -> dict[str, Any]:
    return {one.name: helper.get_attribute_value(one) for one in node.attribute}
