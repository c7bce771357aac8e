"""Streamlined models are executed by processes that compile nothing, too."""

from __future__ import annotations

import subprocess
import sys

ALONE = """
import numpy as np
from onnx import TensorProto, helper
from qonnx.core.modelwrapper import ModelWrapper
from toolkit.verify.streamlined import _execute

node = helper.make_node("DepthwiseNHWC", ["x", "w"], ["y"], domain="qonnx.custom_op.general")
x, y = (
    helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    for name, shape in (("x", (1, 1, 2, 4)), ("y", (1, 1, 2, 2)))
)
model = ModelWrapper(helper.make_model(helper.make_graph([node], "chain", [x], [y])))
model.set_initializer("w", np.asarray([[1, 2], [3, 4]], np.float32))
print(_execute(model, np.arange(8, dtype=np.float32).reshape(1, 1, 2, 4)).tolist())
"""


def test_operations_of_ours_need_no_compiler() -> None:
    """A run whose segments come from the cache compiles nothing before it verifies."""
    found = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=False)
    assert found.stdout == "[[[[6.0, 14.0], [22.0, 38.0]]]]\n", found.stderr
