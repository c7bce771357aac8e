"""Lowers depthwise convolutions to windows and the products of each channel's own weights."""

from __future__ import annotations

from onnx import NodeProto, TensorProto, helper
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.base import Transformation
from qonnx.util.basic import get_by_name

_TO_NHWC, _TO_NCHW = (0, 2, 3, 1), (0, 3, 1, 2)


class LowerDepthwise(Transformation):
    """Replace each depthwise Conv, whose bias is extracted, by Im2Col and DepthwiseNHWC.

    They stand between two Transposes, as the products of other convolutions do after lowering.
    """

    def apply(self, model: ModelWrapper) -> tuple[ModelWrapper, bool]:
        """Apply the transformation to ``model``."""
        for node in model.get_nodes_by_op_type("Conv"):
            if get_by_name(node.attribute, "group").i > 1:
                self._lower(model, node)
        return model, False

    def _lower(self, model: ModelWrapper, node: NodeProto) -> None:
        source, weight = node.input[:2]
        values = model.get_initializer(weight)  # (C, 1, K_H, K_W)
        channels, _, *kernel = values.shape
        taps = kernel[0] * kernel[1]
        model.set_initializer(weight, values[:, 0].transpose(1, 2, 0).reshape(taps, channels))
        _, _, height, width = model.get_tensor_shape(source)
        _, _, *out = model.get_tensor_shape(node.output[0])
        image = self._tensor(model, (1, height, width, channels), source)
        windows = self._tensor(model, (1, *out, taps * channels), source)
        sums = self._tensor(model, (1, *out, channels), node.output[0])
        stride, pads = (list(get_by_name(node.attribute, name).ints) for name in ("strides", "pads"))
        domain = "qonnx.custom_op.general"
        made = [
            helper.make_node("Transpose", [source], [image], perm=_TO_NHWC),
            helper.make_node(
                "Im2Col", [image], [windows], domain=domain, stride=stride, kernel_size=kernel,
                pad_amount=pads, input_shape=str((1, height, width, channels)).replace(" ", ""),
                depthwise=0, dilations=[1, 1],
            ),
            helper.make_node("DepthwiseNHWC", [windows, weight], [sums], domain=domain),
            helper.make_node("Transpose", [sums], [node.output[0]], perm=_TO_NCHW),
        ]  # fmt: skip
        at = list(model.graph.node).index(node)
        model.graph.node.remove(node)
        for offset, one in enumerate(made):
            model.graph.node.insert(at + offset, one)

    def _tensor(self, model: ModelWrapper, shape: tuple[int, ...], like: str) -> str:
        """Add a tensor of ``shape`` with the type of ``like`` and return its name."""
        name = model.make_new_valueinfo_name()
        model.graph.value_info.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        model.set_tensor_datatype(name, model.get_tensor_datatype(like))
        return name
