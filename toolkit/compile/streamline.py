"""Streamlines a QONNX graph to an integer chain in channels-last order, with exact thresholds.

FINN+'s streamlining moves every scale into a threshold or to the end. Since input and output of an exported
graph are integers, only integer operators remain: Im2Col, MatMul, DepthwiseNHWC, MultiThreshold, MaxPoolNHWC
and, after a classifier, Add.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from finn.transformation.qonnx.convert_qonnx_to_finn import ConvertQONNXtoFINN
from finn.transformation.streamline import Streamline
from onnx import NodeProto
from qonnx.core.datatype import DataType
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.custom_op.registry import getCustomOp
from qonnx.transformation.base import Transformation
from qonnx.transformation.general import GiveReadableTensorNames, GiveUniqueNodeNames
from qonnx.transformation.infer_data_layouts import InferDataLayouts
from qonnx.transformation.infer_datatypes import InferDataTypes
from qonnx.transformation.infer_shapes import InferShapes
from qonnx.transformation.lower_convs_to_matmul import LowerConvsToMatMul
from qonnx.util.cleanup import cleanup_model

import toolkit.compile.nhwc  # noqa: F401  (registers our operations)
from toolkit.compile.depthwise import LowerDepthwise
from toolkit.compile.flatten import FlattenChannelsLast
from toolkit.compile.layers import mark, mark_exported
from toolkit.compile.layout import ChannelsLastInput, ChannelsLastOutput, SinkTransposes
from toolkit.compile.legal import require_integer_chain, require_supported
from toolkit.compile.products import mark_products, products
from toolkit.compile.thresholds import GoldenQuantiser, GoldenTable, golden_quantisers
from toolkit.compile.units import choose_units
from toolkit.core.errors import UnsupportedOperator
from toolkit.core.reading import read_onnx
from toolkit.export import Graph


class DenseConvolutions(Transformation):
    """Undo qonnx's guess that a convolution from one to one channel is depthwise; those were lowered."""

    def apply(self, model: ModelWrapper) -> tuple[ModelWrapper, bool]:
        """Remove the sparsity annotations of weights; grouped convolutions were refused before."""
        for annotation in model.graph.quantization_annotation:
            notes = annotation.quant_parameter_tensor_names
            for note in [note for note in notes if note.key == "tensor_sparsity"]:
                notes.remove(note)
        return model, False


# Lowering adds a Transpose before and after each convolution; the passes after it move them to Flatten and to
# the end of the chain.
_PASSES: tuple[Transformation, ...] = (
    ChannelsLastInput(),
    ConvertQONNXtoFINN(),
    Streamline(),
    LowerDepthwise(),
    LowerConvsToMatMul(),
    DenseConvolutions(),
    SinkTransposes(),
    FlattenChannelsLast(),
    Streamline(),
    ChannelsLastOutput(),
)


def streamline(graph: Graph) -> ModelWrapper:
    """Convert an exported graph to a chain of integer layers.

    Args:
        graph: exported segment or exit path.

    Returns:
        A model whose input and output are NHWC (or features) integer tensors.

    Raises:
        UnsupportedOperator: an operator has no hardware; names it with its position.
    """
    original = ModelWrapper(read_onnx(graph.file))
    require_supported(original, graph.name)
    mark_exported(original)
    model = cleanup_model(original)
    _annotate_input(model, graph)
    quantisers = golden_quantisers(model, _magnitude(graph.input.dtype))
    exported = products(model)
    choose_units(model)
    for transformation in _PASSES:
        model = model.transform(transformation)
    model = model.transform(GiveUniqueNodeNames()).transform(GiveReadableTensorNames())
    _annotate_input(model, graph)
    for refresh in (InferShapes(), InferDataTypes(), InferDataLayouts()):
        model = model.transform(refresh)
    set_exact_thresholds(model, quantisers)
    mark_products(model, exported)
    require_integer_chain(model, graph.name)
    model.set_tensor_datatype(model.graph.output[0].name, DataType[graph.output.dtype])
    return model


def set_exact_thresholds(model: ModelWrapper, quantisers: Sequence[GoldenQuantiser | GoldenTable]) -> None:
    """Replace FINN's thresholds by those of the golden quantisers, and mark each node with its layer.

    FINN's thresholds serve as a check: a difference of more than one accumulator step, beyond what float32
    rounds, means that a node was paired with the wrong quantiser.

    Raises:
        UnsupportedOperator: number or levels of the nodes differ from the quantisers'.
    """
    nodes = model.get_nodes_by_op_type("MultiThreshold")
    if len(nodes) != len(quantisers):
        raise UnsupportedOperator("quantisers", expected=len(quantisers), found=f"{len(nodes)} thresholdings")
    for node, quantiser in zip(nodes, quantisers, strict=True):
        exact, theirs = quantiser.thresholds(), model.get_initializer(node.input[1])
        exact = np.broadcast_to(exact, (max(exact.shape[0], theirs.shape[0]), exact.shape[1]))
        _require_close(node, quantiser, exact, theirs)
        mark(node, quantiser.name)
        model.set_initializer(node.input[1], exact.astype(np.float32))
        bound = quantiser.bound + 1
        model.set_tensor_datatype(node.input[1], DataType.get_smallest_possible(-bound - 1))


def _require_close(
    node: NodeProto, quantiser: GoldenQuantiser | GoldenTable, exact: np.ndarray, theirs: np.ndarray
) -> None:
    op = getCustomOp(node)
    same_shape = theirs.shape[1] == exact.shape[1] and theirs.shape[0] in (1, exact.shape[0])
    if (
        not same_shape
        or op.get_nodeattr("out_bias") != quantiser.minimum
        or op.get_nodeattr("out_scale") != 1
    ):
        raise UnsupportedOperator(
            f"thresholds of '{quantiser.name}'",
            expected=f"{exact.shape[1]} steps from {quantiser.minimum}",
            found=f"{theirs.shape[1]} steps from {op.get_nodeattr('out_bias')}",
        )
    limit = quantiser.bound + 1
    clipped = np.clip(np.ceil(theirs.astype(np.float64)), -limit + 1, limit)
    if np.any(np.abs(clipped - exact) > 1 + np.abs(exact) * 2.0**-21):
        raise UnsupportedOperator(
            f"thresholds of '{quantiser.name}'",
            expected="at most one accumulator step from FINN's",
            found=f"{int(np.abs(clipped - exact).max())} steps",
            fix="This is a fault in the compiler: please report the model.",
        )


def _magnitude(dtype: str) -> int:
    kind = DataType[dtype]
    return int(max(abs(kind.min()), kind.max()))


def _annotate_input(model: ModelWrapper, graph: Graph) -> None:
    model.set_tensor_datatype(model.graph.input[0].name, DataType[graph.input.dtype])
