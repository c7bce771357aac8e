"""Checks of a graph between the passes of compilation; unsupported operators are refused by name."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import NodeProto, helper
from qonnx.core.modelwrapper import ModelWrapper

from toolkit.core.errors import UnsupportedOperator

EXPORTED = (
    "Mul",
    "Quant",
    "MultiThreshold",
    "Conv",
    "Relu",
    "MaxPool",
    "Flatten",
    "Reshape",
    "Gemm",
    "MatMul",
    "Add",
)
STREAMLINED = ("Im2Col", "MatMul", "MultiThreshold", "MaxPoolNHWC", "DepthwiseNHWC", "Flatten", "Add")
HARDWARE = {
    "FMPadding_rtl": "padding",
    "ConvolutionInputGenerator_rtl": "window",
    "MVAU_rtl": "mvau",
    "Thresholding_rtl": "threshold",
    "MaxPool_rtl": "pool",
    "Depthwise_rtl": "depthwise",
    "Window_rtl": "window",
    "BiasAdd_rtl": "bias",
    "StreamingDataWidthConverter_rtl": "width",
}


def require_supported(model: ModelWrapper, graph: str) -> None:
    """Check that every layer of an exported graph has hardware.

    Raises:
        UnsupportedOperator: names operator, node, position and the supported operators.
    """
    total = len(model.graph.node)
    if all(node.op_type in ("Mul", "Flatten") for node in model.graph.node):
        raise UnsupportedOperator(
            f"segment {graph}", expected="at least one layer with hardware", found="none"
        )
    for position, node in enumerate(model.graph.node, start=1):
        where = f"{node.op_type} '{node.name}' in {graph} (node {position} of {total})"
        if node.op_type not in EXPORTED:
            raise UnsupportedOperator(
                where, expected=f"one of {', '.join(EXPORTED)}", fix="It has no hardware: replace the layer."
            )
        if node.op_type == "Conv":
            _require_convolution(model, node, where)
        if node.op_type == "MaxPool":
            _require_pool(node, where)


def _require_convolution(model: ModelWrapper, node: NodeProto, where: str) -> None:
    groups, (outputs, inputs, *_) = _attribute(node, "group", 1), model.get_tensor_shape(node.input[1])
    if groups != 1 and not (groups == outputs and inputs == 1):
        raise UnsupportedOperator(
            where,
            expected="1 group, or as many as there are channels (depthwise)",
            found=f"{groups} groups of {inputs} channels for {outputs} outputs",
            fix="Grouped convolutions have no hardware.",
        )
    if any(step != 1 for step in _attribute(node, "dilations", [])):
        raise UnsupportedOperator(where, expected="dilation 1", found=list(_attribute(node, "dilations", [])))


def _require_pool(node: NodeProto, where: str) -> None:
    kernel, pads = _attribute(node, "kernel_shape", []), _attribute(node, "pads", [0] * 4)
    if len(kernel) != 2 or any(step != 1 for step in _attribute(node, "dilations", [])):
        raise UnsupportedOperator(where, expected="windows over rows and columns, dilation 1")
    if _attribute(node, "auto_pad", b"NOTSET") != b"NOTSET" or _attribute(node, "ceil_mode", 0):
        raise UnsupportedOperator(where, expected="padding as numbers, without auto_pad and ceil_mode")
    if any(pad >= size for pad, size in zip(pads, [*kernel, *kernel], strict=True)):
        raise UnsupportedOperator(where, expected="less padding than the kernel is large", found=list(pads))


def require_integer_chain(model: ModelWrapper, graph: str) -> None:
    """Check that a streamlined graph is a chain of integer layers.

    Raises:
        UnsupportedOperator: names the first node that breaks the chain.
    """
    tensor = model.graph.input[0].name
    for node in model.graph.node:
        where = f"{node.op_type} '{node.name}' in {graph} after streamlining"
        if node.op_type not in STREAMLINED or node.input[0] != tensor:
            raise UnsupportedOperator(where, expected=f"a chain of {', '.join(STREAMLINED)}")
        if node.op_type == "Add" and not _is_integral(model, node):
            raise UnsupportedOperator(where, expected="a bias on the accumulator's grid")
        tensor = node.output[0]
    if tensor != model.graph.output[0].name:
        raise UnsupportedOperator(f"{graph} after streamlining", expected="one output at the chain's end")


def require_hardware(model: ModelWrapper, graph: str) -> None:
    """Check that a specialised graph has only RTL nodes.

    Raises:
        UnsupportedOperator: names the first HLS or software node.
    """
    for node in model.graph.node:
        if node.op_type not in HARDWARE:
            raise UnsupportedOperator(
                f"{node.op_type} '{node.name}' in {graph}", expected=f"one of {', '.join(HARDWARE)}",
                fix="This layer has no RTL.",
            )  # fmt: skip


def _is_integral(model: ModelWrapper, node: NodeProto) -> bool:
    values = model.get_initializer(node.input[1])
    return values is not None and bool(np.all(values == np.rint(values)))


def _attribute(node: NodeProto, name: str, default: Any) -> Any:
    for attribute in node.attribute:
        if attribute.name == name:
            return helper.get_attribute_value(attribute)
    return default
