"""Brings a chain from NCHW, as it is exported, to channels-last order, in which streams carry a map.

The input becomes channels-last, with a Transpose to NCHW behind it; Transposes then sink through the chain,
until they meet one of a lowered convolution, a Flatten or the end.
"""

from __future__ import annotations

import qonnx.core.data_layout as DataLayout
from finn.transformation.streamline import absorb
from finn.transformation.streamline.reorder import MakeMaxPoolNHWC
from onnx import TensorProto, ValueInfoProto, helper
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.base import Transformation

_TO_NCHW = (0, 3, 1, 2)


class ChannelsLastInput(Transformation):
    """Make the input channels-last if it is a map; the layers get it through a Transpose."""

    def apply(self, model: ModelWrapper) -> tuple[ModelWrapper, bool]:
        """Apply the transformation to ``model``."""
        (old,) = model.graph.input
        shape = model.get_tensor_shape(old.name)
        if len(shape) != 4:
            return model, False
        dtype = model.get_tensor_datatype(old.name)
        inner = model.make_new_valueinfo_name()
        model.set_tensor_shape(inner, shape)
        model.set_tensor_datatype(inner, dtype)
        for node in model.find_consumers(old.name):
            node.input[0] = inner
        for tensor, layout in ((old.name, DataLayout.NHWC), (inner, DataLayout.NCHW)):
            model.set_tensor_layout(tensor, layout)
        batch, channels, height, width = shape
        _replace(model, old, helper.make_tensor_value_info(
            old.name, TensorProto.FLOAT, [batch, height, width, channels]
        ))  # fmt: skip
        model.graph.node.insert(0, helper.make_node("Transpose", [old.name], [inner], perm=_TO_NCHW))
        return model, False


class SinkTransposes(Transformation):
    """Move every Transpose to NCHW behind the pools and thresholds that follow it; opposite ones cancel."""

    def apply(self, model: ModelWrapper) -> tuple[ModelWrapper, bool]:
        """Apply the transformation to ``model``."""
        before = None
        while before != (before := [(node.op_type, *node.input) for node in model.graph.node]):
            model = model.transform(MakeMaxPoolNHWC())
            model = model.transform(absorb.AbsorbTransposeIntoMultiThreshold())
            model = model.transform(absorb.AbsorbConsecutiveTransposes())
        return model, False


class ChannelsLastOutput(Transformation):
    """Remove a Transpose to NCHW at the end."""

    def apply(self, model: ModelWrapper) -> tuple[ModelWrapper, bool]:
        """Apply the transformation to ``model``."""
        last = model.graph.node[-1]
        if last.op_type == "Transpose":
            info = model.get_tensor_valueinfo(last.input[0])
            _replace(model, model.graph.output[0], info)
            model.graph.value_info.remove(info)
            model.graph.node.remove(last)
        return model, False


def _replace(model: ModelWrapper, end: ValueInfoProto, info: ValueInfoProto) -> None:
    """Make ``info`` the graph's input or output instead of ``end``."""
    ends = model.graph.input if end in list(model.graph.input) else model.graph.output
    del ends[0]
    ends.insert(0, info)
