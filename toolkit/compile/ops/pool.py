"""``Pool_rtl``: max-pooling in RTL behind a depthwise window generator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from finn.custom_op.fpgadataflow.pool import Pool

from toolkit.compile.ops.wrapper import BlockWrapper
from toolkit.errors import UnsupportedOperator

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper


class Pool_rtl(BlockWrapper, Pool):
    """FINN's ``Pool`` with function MaxPool, as RTL.

    Input beats come from a depthwise window generator: per output pixel and channel fold, K_H*K_W beats
    of PE elements; one output beat of PE elements for each window. Signed or unsigned integers.
    """

    block = "offramp_maxpool"

    def get_nodeattr_types(self) -> dict[str, Any]:
        """Attributes of ``Pool`` and of the RTL back end."""
        return Pool.get_nodeattr_types(self) | BlockWrapper.get_nodeattr_types(self)

    def block_parameters(self, model: ModelWrapper) -> dict[str, str]:
        """Parameters of ``offramp_maxpool``.

        Raises:
            UnsupportedOperator: a pooling function other than the maximum.
        """
        function = self.get_nodeattr("Function")
        if function != "MaxPool":
            raise UnsupportedOperator(
                f"pool {self.onnx_node.name}", expected="MaxPool", found=function, fix="Use max-pooling."
            )
        dtype = self.get_input_datatype()
        return {
            "PE": str(self.get_nodeattr("PE")),
            "ELEM_BITS": str(dtype.bitwidth()),
            "SIGNED": f"1'b{int(dtype.signed())}",
            "WINDOW": str(int(np.prod(self.get_nodeattr("KernelSize")))),
        }

    def lut_estimation(self, fpgapart: str) -> int:
        """Comparator and multiplexer per lane bit, plus the window counter (our estimate)."""
        return int(2 * self.get_instream_width() + 8)

    def execute_python(self, context: dict[str, Any]) -> None:
        """Maximum over the window axis."""
        Pool.execute_node(self, context, None)
