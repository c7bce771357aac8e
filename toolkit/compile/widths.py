"""Chooses the narrowest types for weights, accumulators and thresholds, from the values themselves.

FINN+'s own passes fail at the ends of their ranges: weights of -1 and 0 become one bit, an accumulator that
is always 0 none at all, and a type without negative values unsigned, which its RTL does not support.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from qonnx.core.datatype import DataType
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.custom_op.registry import getCustomOp
from qonnx.transformation.base import Transformation

from toolkit.export.ranges import Interval, accumulator_interval


class NarrowProducts(Transformation):
    """Make the weights and accumulators of products as narrow as their values allow.

    Both are signed and at least 2 bits wide, and an accumulator is at least as wide as one product, as the
    RTL requires.
    """

    def apply(self, model: ModelWrapper) -> tuple[ModelWrapper, bool]:
        """Apply the transformation to ``model``."""
        for node in model.graph.node:
            if node.op_type not in ("MVAU_rtl", "Depthwise_rtl"):
                continue
            op, weights = getCustomOp(node), model.get_initializer(node.input[1]).astype(np.int64)
            known = op.get_input_datatype(0)
            x = Interval(int(known.min()), int(known.max()))
            weight = DataType[_interval(weights).tight_dtype()]
            sums = accumulator_interval(weights.T, np.zeros(weights.shape[1], np.int64), x)
            product = weight.bitwidth() + known.bitwidth() - int(known.signed())
            bits = max(DataType[sums.tight_dtype()].bitwidth(), product)
            op.set_nodeattr("weightDataType", weight.name)
            model.set_tensor_datatype(node.input[1], weight)
            for attribute in {"accDataType", "outputDataType"} & set(op.get_nodeattr_types()):
                op.set_nodeattr(attribute, f"INT{bits}")
            model.set_tensor_datatype(node.output[0], DataType[f"INT{bits}"])
        return model, False


class NarrowThresholds(Transformation):
    """Make thresholds as narrow as their values allow.

    Where they are narrower than the accumulators, the RTL saturates these to the thresholds' type, which must
    then hold a value below the smallest threshold as well.
    """

    def apply(self, model: ModelWrapper) -> tuple[ModelWrapper, bool]:
        """Apply the transformation to ``model``."""
        for node in model.get_nodes_by_op_type("Thresholding_rtl"):
            op = getCustomOp(node)
            values = _interval(model.get_initializer(node.input[1]).astype(np.int64))
            dtype = DataType[values.tight_dtype()]
            if dtype.bitwidth() < op.get_input_datatype(0).bitwidth():
                dtype = DataType[Interval(values.low - 1, values.high).tight_dtype()]
            op.set_nodeattr("weightDataType", dtype.name)
            model.set_tensor_datatype(node.input[1], dtype)
        return model, False


def _interval(values: np.ndarray[Any, np.dtype[np.int64]]) -> Interval:
    return Interval(int(values.min()), int(values.max()))
