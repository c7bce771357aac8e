"""Identifies the products of a streamlined chain by their integer weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from qonnx.core.modelwrapper import ModelWrapper

from toolkit.compile.layers import layer_of, mark
from toolkit.compile.thresholds import LINEAR, chain, quantised_weights
from toolkit.core.errors import UnsupportedOperator


@dataclass(frozen=True)
class Product:
    """The integer weights of a layer, float64 [outputs, inputs]; the order of inputs is not significant."""

    layer: str
    weights: NDArray[np.float64]


def products(model: ModelWrapper) -> list[Product]:
    """Return the layers of an exported graph that multiply, in order."""
    found = []
    for node in chain(model):
        if node.op_type in LINEAR:
            weights, _ = quantised_weights(model, node)
            transposed = any(a.name == "transB" and a.i for a in node.attribute)
            rows = weights if node.op_type == "Conv" or transposed else weights.T
            found.append(Product(layer_of(node), rows.reshape(len(rows), -1)))
    return found


def mark_products(model: ModelWrapper, exported: Sequence[Product]) -> None:
    """Mark every MatMul of a streamlined chain, and the bias behind it.

    Raises:
        UnsupportedOperator: weights differ from those of the layer at this position in the exported graph.
    """
    nodes = model.get_nodes_by_op_type("MatMul")
    if len(nodes) != len(exported):
        raise UnsupportedOperator("products", expected=len(exported), found=len(nodes))
    for node, product in zip(nodes, exported, strict=True):
        found = model.get_initializer(node.input[1])
        # The order of inputs may differ, since the layout of the feature map changed from NCHW to NHWC.
        if not np.array_equal(np.sort(found.T, axis=1), np.sort(product.weights, axis=1)):
            raise UnsupportedOperator(
                f"weights of '{product.layer}'",
                expected="the integers that were exported, inputs in any order",
                found="others",
                fix="This is a fault in the compiler: please report the model.",
            )
        mark(node, product.layer)
        following = model.find_consumer(node.output[0])
        if following is not None and following.op_type == "Add":
            mark(following, product.layer)
