"""The pool as an operation: cycles, shapes and values are those of the block that it becomes."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.custom_op.registry import getCustomOp
from qonnx.transformation.infer_shapes import InferShapes

from tests.rtl import cases
from toolkit.compile.finnplus import finn_session
from toolkit.compile.legal import require_supported
from toolkit.core.errors import UnsupportedOperator

PADS = ("PAD_TOP", "PAD_LEFT", "PAD_BOTTOM", "PAD_RIGHT")


@pytest.mark.parametrize("seed", range(12))
def test_the_operation_is_the_block(seed: int) -> None:
    case = cases.random_pool(seed)
    own = {name: int(value) for name, value in case.parameters.items()}
    attributes = {
        name: [own[part] for part in parts]
        for name, parts in {
            "ImageSize": ("HEIGHT", "WIDTH"),
            "KernelSize": ("KERNEL_H", "KERNEL_W"),
            "Stride": ("STRIDE_H", "STRIDE_W"),
            "Padding": PADS,
        }.items()
    }
    with finn_session():
        from toolkit.compile.ops import MaxPool_rtl

        node = helper.make_node(
            MaxPool_rtl.__name__,
            ["x"],
            ["y"],
            domain="finn.custom_op.fpgadataflow.rtl",
            backend="fpgadataflow",
            inputDataType=case.source.dtype,
            Channels=own["CHANNELS"],
            PE=own["PE"],
            **attributes,
        )
        op = getCustomOp(node)
        assert op.get_exp_cycles() == case.interval
        x = cases.values([case], 1, seed)[case.source.name].reshape(op.get_normal_input_shape())
        context = {"x": x.astype(np.float32), "y": None}
        op.execute_python(context)
    assert context["y"].shape == op.get_normal_output_shape()
    assert np.array_equal(context["y"].reshape(1, -1, own["PE"]), case.reference(x))


def pool(**attributes: object) -> ModelWrapper:
    """A graph of one pool of 2x2 with stride 2 on a map of 5x5."""
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1, side, side])
        for name, side in (("x", 5), ("y", 3))
    ]
    whole = {"kernel_shape": [2, 2], "strides": [2, 2], "pads": [0, 0, 1, 1]} | attributes
    node = helper.make_node("MaxPool", ["x"], ["y"], name="pool0", **whole)
    return ModelWrapper(helper.make_model(helper.make_graph([node], "pools", ends[:1], ends[1:])))


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"auto_pad": "SAME_UPPER"}, "padding as numbers"),
        ({"ceil_mode": 1}, "padding as numbers"),
        ({"dilations": [1, 2]}, "dilation 1"),
        ({"pads": [0, 0, 2, 1]}, "less padding than the kernel"),
    ],
)
def test_what_the_block_cannot_do_is_refused(attributes: dict[str, object], expected: str) -> None:
    require_supported(pool(), "pools")
    with pytest.raises(UnsupportedOperator, match=f"MaxPool 'pool0' in pools .*{expected}"):
        require_supported(pool(**attributes), "pools")


def test_padding_may_differ_from_side_to_side() -> None:
    """In the chain, too: qonnx's own pool refuses that."""
    with finn_session():
        from toolkit.compile.nhwc import MaxPoolNHWC

        model = pool()
        (node,) = model.graph.node
        node.op_type, node.domain = MaxPoolNHWC.__name__, "qonnx.custom_op.general"
        for info, shape in ((model.graph.input[0], (1, 5, 5, 1)), (model.graph.output[0], (1, 3, 3, 1))):
            model.set_tensor_shape(info.name, shape)
        assert model.transform(InferShapes()).get_tensor_shape("y") == [1, 3, 3, 1]
