"""Max-pooling: ``MaxPool_rtl``, in RTL on the image stream itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from toolkit.compile.ops.sliding import SlidingWrapper

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper


class MaxPool_rtl(SlidingWrapper):
    """The maximum over windows of a channels-last image; padding is the type's minimum.

    Input: (1, H, W, C) signed or unsigned integers, C folded over PE lanes; output: (1, H', W', C). It takes
    one beat per cycle and keeps K_H - 1 pooled rows, whatever the kernel and the stride.
    """

    blocks = ("offramp_maxpool_1d", "offramp_maxpool_lines")
    kernel = "KernelSize"

    def get_nodeattr_types(self) -> dict[str, Any]:
        """Return the attributes: those of windows, and PE."""
        return {"PE": ("i", True, 1)} | super().get_nodeattr_types()

    def get_normal_output_shape(self, ind: int = 0) -> tuple[int, ...]:
        """Return (1, H', W', C)."""
        return (1, *self.positions(), int(self.get_nodeattr("Channels")))

    def _folded(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        pe = int(self.get_nodeattr("PE"))
        return (*shape[:-1], shape[-1] // pe, pe)

    def get_folded_input_shape(self, ind: int = 0) -> tuple[int, ...]:
        """Return (1, H, W, C/PE, PE)."""
        return self._folded(self.get_normal_input_shape())

    def get_folded_output_shape(self, ind: int = 0) -> tuple[int, ...]:
        """Return (1, H', W', C/PE, PE)."""
        return self._folded(self.get_normal_output_shape())

    def get_exp_cycles(self) -> int:
        """Return a cycle per beat, padded columns at the right included, and what padded rows add; exact."""
        (height, width), (_, kernel) = self.ints("ImageSize"), self.ints("KernelSize")
        _, left, bottom, right = self.ints("Padding")
        _, _, columns, fold, _ = self.get_folded_output_shape()
        # While padded rows pass, the columns of the next frame go on until they have their first maximum.
        before, steps = kernel - 1 - left, width + right
        behind = steps - (before + 1 + (columns - 1) * self.ints("Stride")[1])
        return int(fold * (height * steps + max(0, bottom * columns - before - behind)))

    def lut_estimation(self, fpgapart: str) -> int:
        """Estimate comparators, multiplexers, counters, and line memory in LUTs of 64 bits."""
        rows, columns = self.ints("KernelSize")
        bits, (_, _, width, fold, _) = self.get_instream_width(), self.get_folded_output_shape()
        compare = 2 * bits * (rows - 1 + columns - 1)
        memory = bits * ((rows - 1) * -(-width * fold // 64) + (columns - 1) * -(-fold // 64))
        return int(compare + memory + 40)

    def block_parameters(self, model: ModelWrapper) -> dict[str, str]:
        """Return the parameters of ``offramp_maxpool_lines``."""
        dtype = self.get_input_datatype()
        return {
            "ELEM_BITS": str(dtype.bitwidth()),
            "SIGNED": f"1'b{int(dtype.signed())}",
            "PE": str(self.get_nodeattr("PE")),
            **self.geometry(),
        }

    def execute_python(self, context: dict[str, Any]) -> None:
        """Compute the maximum over sliding windows."""
        node, least = self.onnx_node, self.get_input_datatype().min()
        context[node.output[0]] = self.windows(context[node.input[0]], least).max(axis=(4, 5))
