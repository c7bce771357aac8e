"""Identifies the products of a streamlined chain by their integer weights, and gives them exact biases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from qonnx.core.modelwrapper import ModelWrapper

from toolkit.compile.layers import layer_of, mark
from toolkit.compile.thresholds import LINEAR, bias_steps, chain, constant, quantised_weights
from toolkit.core.errors import UnsupportedOperator


@dataclass(frozen=True)
class Product:
    """The integers of a layer.

    Attributes:
        layer: name of the layer.
        weights: float64 [outputs, inputs]; the order of inputs is not significant.
        bias: int64 [outputs], in steps of the accumulator; zeros without a bias.
    """

    layer: str
    weights: NDArray[np.float64]
    bias: NDArray[np.int64]


def products(model: ModelWrapper) -> list[Product]:
    """Return the layers of an exported graph that multiply, in order."""
    found, scale = [], np.ones(1)
    for node in chain(model):
        if node.op_type == "Mul":
            scale = scale * constant(model, node)
        elif node.op_type == "Quant":
            scale = model.get_initializer(node.input[1]).astype(np.float64).reshape(-1)
        elif node.op_type in LINEAR:
            weights, weight_scale = quantised_weights(model, node)
            scale = scale * weight_scale
            transposed = any(a.name == "transB" and a.i for a in node.attribute)
            rows = weights if node.op_type == "Conv" or transposed else weights.T
            bias = np.zeros(len(rows), np.int64)
            if len(node.input) > 2:
                bias = bias_steps(model.get_initializer(node.input[2]).astype(np.float64), scale)
            found.append(Product(layer_of(node), rows.reshape(len(rows), -1), bias))
    return found


def mark_products(model: ModelWrapper, exported: Sequence[Product]) -> None:
    """Mark every product of a streamlined chain and the bias behind it, which is replaced by the exact one.

    FINN+ divides biases by scales in float32; its results serve as a check.

    Raises:
        UnsupportedOperator: weights or biases differ from those of the layer at this position in the exported
            graph.
    """
    nodes = [node for node in model.graph.node if node.op_type in ("MatMul", "DepthwiseNHWC")]
    if len(nodes) != len(exported):
        raise UnsupportedOperator("products", expected=len(exported), found=len(nodes))
    for node, product in zip(nodes, exported, strict=True):
        found = model.get_initializer(node.input[1])
        # The order of inputs may differ, since the layout of the feature map changed from NCHW to NHWC.
        if not np.array_equal(np.sort(found.T, axis=1), np.sort(product.weights, axis=1)):
            raise _fault("weights", product, "others")
        mark(node, product.layer)
        following = model.find_consumer(node.output[0])
        if following is not None and following.op_type == "Add":
            mark(following, product.layer)
            _set_bias(model, following.input[1], product)
        elif following is None and product.bias.any():
            raise _fault("biases", product, "none")


def _set_bias(model: ModelWrapper, tensor: str, product: Product) -> None:
    theirs = model.get_initializer(tensor)
    exact = np.broadcast_to(product.bias, theirs.shape)
    # float32 rounds three times on the way: the scale, its inverse and the bias
    if not np.all(np.abs(theirs - exact) <= 0.5 + np.abs(exact) * 2.0**-21):
        raise _fault("biases", product, "others")
    model.set_initializer(tensor, exact.astype(np.float32))


def _fault(what: str, product: Product, found: str) -> UnsupportedOperator:
    return UnsupportedOperator(
        f"{what} of '{product.layer}'",
        expected="the integers that were exported, inputs in any order",
        found=found,
        fix="This is a fault in the compiler: please report the model.",
    )
