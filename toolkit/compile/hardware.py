"""Converts an integer chain to hardware layers, all of them in RTL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from finn.transformation.fpgadataflow.convert_to_hw.conv_inp_gen import InferConvInpGen
from finn.transformation.fpgadataflow.convert_to_hw.quantized_matrix_vector_activation import (
    InferQuantizedMatrixVectorActivation,
)
from finn.transformation.fpgadataflow.convert_to_hw.thresholding import InferThresholdingLayer
from finn.transformation.fpgadataflow.specialize_layers import SpecializeLayers
from finn.transformation.streamline.round_thresholds import RoundAndClipThresholds
from onnx import NodeProto, helper
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.custom_op.registry import getCustomOp
from qonnx.transformation.base import Transformation
from qonnx.transformation.general import GiveUniqueNodeNames
from qonnx.transformation.infer_datatypes import InferDataTypes
from qonnx.transformation.infer_shapes import InferShapes

import toolkit.compile.ops  # noqa: F401  (registers our operations with FINN+)
from toolkit.compile.flatten import RemoveFlatten
from toolkit.compile.layers import transformed
from toolkit.compile.legal import require_hardware
from toolkit.compile.widths import NarrowProducts, NarrowThresholds
from toolkit.families.family import REFERENCE_PART

LARGEST_WINDOW = 4096
"""Largest window in bits that is kept in registers."""


class InferOwn(Transformation):
    """Replace nodes of one type by an operation of ours.

    Args:
        op_type: type of the nodes.
        ours: type of our operation.
        attributes: function that returns the new node's attributes; None leaves a node as it is.
    """

    def __init__(
        self, op_type: str, ours: str, attributes: Callable[[ModelWrapper, NodeProto], dict[str, Any] | None]
    ) -> None:
        super().__init__()
        self.op_type, self.ours, self.attributes = op_type, ours, attributes

    def apply(self, model: ModelWrapper) -> tuple[ModelWrapper, bool]:
        """Apply the transformation to ``model``."""
        for node in model.get_nodes_by_op_type(self.op_type):
            attributes = self.attributes(model, node)
            if attributes is None:
                continue
            domain = {"domain": "finn.custom_op.fpgadataflow.rtl", "backend": "fpgadataflow"}
            new = helper.make_node(self.ours, node.input, node.output, name=node.name, **domain, **attributes)
            model.graph.node.insert(list(model.graph.node).index(node), new)
            model.graph.node.remove(node)
        return model, False


def _bias(model: ModelWrapper, node: NodeProto) -> dict[str, Any]:
    shape = model.get_tensor_shape(node.input[0])
    model.set_initializer(node.input[1], model.get_initializer(node.input[1]).reshape(-1))
    return {
        "Channels": shape[-1],
        "inputDataType": model.get_tensor_datatype(node.input[0]).name,
        "outputDataType": model.get_tensor_datatype(node.output[0]).name,
        "numInputVectors": list(shape[:-1]),
    }


def _pool(model: ModelWrapper, node: NodeProto) -> dict[str, Any]:
    op = getCustomOp(node)
    _, height, width, channels = model.get_tensor_shape(node.input[0])
    return {
        "ImageSize": [height, width],
        "Channels": channels,
        "KernelSize": list(op.get_nodeattr("kernel_shape")),
        "Stride": list(op.get_nodeattr("strides")),
        "Padding": list(op.get_nodeattr("pads")),
        "inputDataType": model.get_tensor_datatype(node.input[0]).name,
    }


def _depthwise(model: ModelWrapper, node: NodeProto) -> dict[str, Any]:
    taps, channels = model.get_tensor_shape(node.input[1])
    return {
        "Channels": channels,
        "Taps": taps,
        "inputDataType": model.get_tensor_datatype(node.input[0]).name,
        "weightDataType": model.get_tensor_datatype(node.input[1]).name,
        "outputDataType": model.get_tensor_datatype(node.output[0]).name,
        "numInputVectors": list(model.get_tensor_shape(node.output[0])[:-1]),
    }


def _window(model: ModelWrapper, node: NodeProto) -> dict[str, Any] | None:
    """Return the attributes of our window generator, or None where FINN+'s must do.

    Ours keeps a window in registers, so very large windows are left to FINN+'s generator with memory, which
    wants padding and stride no larger than usual.
    """
    op, dtype = getCustomOp(node), model.get_tensor_datatype(node.input[0])
    _, height, width, channels = model.get_tensor_shape(node.input[0])
    names = ("kernel_size", "stride", "pad_amount")
    kernel, stride, padding = (list(op.get_nodeattr(name)) for name in names)
    large = kernel[0] * kernel[1] * channels * dtype.bitwidth() > LARGEST_WINDOW
    usual = all(stride[i] <= kernel[i] and padding[i] < kernel[i] for i in (0, 1))
    if (large and usual) or any(step != 1 for step in op.get_nodeattr("dilations")):
        return None
    return {
        "ImageSize": [height, width],
        "Channels": channels,
        "ConvKernelDim": kernel,
        "Stride": stride,
        "Padding": padding,
        "inputDataType": dtype.name,
    }


class PreferRtl(Transformation):
    """Request RTL for every hardware layer, since FINN+ would silently choose HLS below 4 bits."""

    def apply(self, model: ModelWrapper) -> tuple[ModelWrapper, bool]:
        """Apply the transformation to ``model``."""
        for node in model.graph.node:
            if node.domain == "finn.custom_op.fpgadataflow":
                getCustomOp(node).set_nodeattr("preferred_impl_style", "rtl")
        return model, False


# The order matters:
# - Thresholds come before products, or FINN+ would absorb them into the product, which has no RTL then.
# - Flatten is removed after both, since they take their number of vectors from the shape before it.
# - Our windows come before FINN+'s, which converts every Im2Col that is left.
# - Widths are chosen after specialisation, since FINN+ would choose HLS for narrow weights; those of
#   thresholds after they are clipped to the range of their accumulators.
_PASSES: tuple[Transformation, ...] = (
    InferOwn("Add", "BiasAdd_rtl", _bias),
    InferOwn("MaxPoolNHWC", "MaxPool_rtl", _pool),
    InferOwn("DepthwiseNHWC", "Depthwise_rtl", _depthwise),
    InferThresholdingLayer(),
    InferQuantizedMatrixVectorActivation(),
    RemoveFlatten(),
    InferOwn("Im2Col", "Window_rtl", _window),
    InferConvInpGen(),
    GiveUniqueNodeNames(),
    PreferRtl(),
    SpecializeLayers(REFERENCE_PART),
    NarrowProducts(),
    InferDataTypes(),
    RoundAndClipThresholds(),
    NarrowThresholds(),
    InferShapes(),
)


def to_hardware(model: ModelWrapper, graph: str) -> ModelWrapper:
    """Infer and specialise the hardware layers of a streamlined chain.

    Args:
        model: streamlined chain.
        graph: name of the graph for messages.

    Raises:
        UnsupportedOperator: a layer has no RTL; names it.
    """
    for transformation in _PASSES:
        model = transformed(model, transformation)
    require_hardware(model, graph)
    return model
