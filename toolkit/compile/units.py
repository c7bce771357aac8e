"""Chooses the units of the real values in an exported graph, so that FINN+ meets none that it takes for zero.

FINN+ removes an addition of less than 1e-5, whatever it is added to: with small scales, biases of many steps.
Here every accumulator's largest scale is made 1. The integers stay the same.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto
from qonnx.core.modelwrapper import ModelWrapper

from toolkit.compile.thresholds import LINEAR, bias_steps, chain, constant

Reals = NDArray[np.float64]


def choose_units(model: ModelWrapper) -> None:
    """Rescale the constants of an exported chain in place; exact for power-of-two scales."""
    old: Reals = np.ones(1)  # real value of one step of the current tensor, as exported
    new: Reals = np.ones(1)  # the same in the units chosen here
    for index, node in enumerate(chain(model)):
        if node.op_type == "Mul":
            old = old * constant(model, node)
            _set(model, node.input[1], np.ones(1) if index == 0 else 1 / new)
        elif node.op_type in LINEAR:
            values, scale = model.find_producer(node.input[1]).input[:2]
            weight_scale = model.get_initializer(scale).astype(np.float64)
            factor = weight_scale.max() * new
            old, new = old * weight_scale.reshape(-1), (weight_scale / weight_scale.max()).reshape(-1)
            _set_bias(model, node, old, new)
            for tensor in (values, scale):
                _set(model, tensor, model.get_initializer(tensor).astype(np.float64) / factor)
        elif node.op_type == "Quant":
            step = model.get_initializer(node.input[1]).astype(np.float64)
            unit = float((old / new).max())  # the same for all channels
            old, new = step.reshape(-1), step.reshape(-1) / unit
            _set(model, node.input[1], step / unit)


def _set_bias(model: ModelWrapper, node: NodeProto, old: Reals, new: Reals) -> None:
    if len(node.input) > 2:
        bias = model.get_initializer(node.input[2]).astype(np.float64)
        _set(model, node.input[2], bias_steps(bias, old) * new)


def _set(model: ModelWrapper, tensor: str, value: Reals) -> None:
    shape = model.get_initializer(tensor).shape
    model.set_initializer(tensor, value.astype(np.float32).reshape(shape))
