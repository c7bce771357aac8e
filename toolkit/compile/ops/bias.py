"""``BiasAdd_rtl``: a constant integer per channel added to a stream of accumulators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qonnx.core.datatype import DataType

from toolkit.compile.ops.wrapper import BlockWrapper

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper


class BiasAdd_rtl(BlockWrapper):
    """The sum of input and bias per channel, on integers.

    Input 0: accumulators, shape (..., Channels); input 1: bias initialiser, shape (Channels,), integral.
    Channels are folded over PE lanes. The output type is given and must hold every sum.
    """

    blocks = ("offramp_bias_add",)

    def get_nodeattr_types(self) -> dict[str, Any]:
        """Return the attributes: PE, output type, shape of the leading axes."""
        own = {
            "PE": ("i", True, 1),
            "outputDataType": ("s", True, ""),
            "numInputVectors": ("ints", True, [1]),
        }
        return own | super().get_nodeattr_types()

    def get_output_datatype(self, ind: int = 0) -> Any:
        """Return the type of the sums, which the graph fixes."""
        return DataType[str(self.get_nodeattr("outputDataType"))]

    def get_normal_input_shape(self, ind: int = 0) -> tuple[int, ...]:
        """Return (..., Channels)."""
        return (*self.get_nodeattr("numInputVectors"), self.get_nodeattr("Channels"))

    def get_normal_output_shape(self, ind: int = 0) -> tuple[int, ...]:
        """Return the shape of the input."""
        return self.get_normal_input_shape()

    def get_folded_input_shape(self, ind: int = 0) -> tuple[int, ...]:
        """Return (..., Channels/PE, PE)."""
        pe = self.get_nodeattr("PE")
        return (*self.get_nodeattr("numInputVectors"), self.get_nodeattr("Channels") // pe, pe)

    def get_folded_output_shape(self, ind: int = 0) -> tuple[int, ...]:
        """Return the shape of the input."""
        return self.get_folded_input_shape()

    def get_exp_cycles(self) -> int:
        """Return one cycle per beat."""
        return int(np.prod(self.get_folded_input_shape()[:-1]))

    def lut_estimation(self, fpgapart: str) -> int:
        """Estimate one adder bit per output bit, and the multiplexer of the constants."""
        return int(2 * self.get_outstream_width())

    def block_parameters(self, model: ModelWrapper) -> dict[str, str]:
        """Return the parameters; the constant of channel c is at ``[c*BIAS_BITS +: BIAS_BITS]``."""
        bias = model.get_initializer(self.onnx_node.input[1]).astype(np.int64).reshape(-1)
        bits = max(int(b if b >= 0 else ~b).bit_length() + 1 for b in bias)
        packed = sum((int(b) & (2**bits - 1)) << (i * bits) for i, b in enumerate(bias))
        dtype = self.get_input_datatype()
        return {
            "PE": str(self.get_nodeattr("PE")),
            "IN_BITS": str(dtype.bitwidth()),
            "IN_SIGNED": f"1'b{int(dtype.signed())}",
            "OUT_BITS": str(self.get_output_datatype().bitwidth()),
            "CHANNELS": str(len(bias)),
            "BIAS_BITS": str(bits),
            "BIAS": f"{bits * len(bias)}'h{packed:x}",
        }

    def execute_python(self, context: dict[str, Any]) -> None:
        """Add the constants along the last axis."""
        node = self.onnx_node
        context[node.output[0]] = (context[node.input[0]] + context[node.input[1]]).astype(np.float32)
