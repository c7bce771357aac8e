"""Common base of AMD's families: FINN+'s estimates, with multipliers counted as its RTL packs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from toolkit.families.estimator import Estimator
from toolkit.families.family import Family
from toolkit.families.resources import ResourceName, ResourceNames, Resources


class AmdFamily(Family):
    """A chip family of AMD."""

    names = ResourceNames(
        lut=ResourceName("LUT", "LUT", "look-up tables"),
        ff=ResourceName("FF", "FF", "flip-flops"),
        bram=ResourceName("BRAM18", "BRAM18", "block RAMs (18 Kb)"),
        dsp=ResourceName("DSP", "DSP", "DSP slices"),
    )


@dataclass(frozen=True)
class FinnEstimator(Estimator):
    """FINN+'s own estimates.

    Attributes:
        operand_bits: width of the wide operand of the family's DSP blocks.
    """

    operand_bits: int

    def estimate(self, op: Any, kind: str, model: Any, part: str) -> Resources:
        """Return FINN+'s estimate of a layer, except for DSPs: it always assumes four rows per block."""
        found = op.node_res_estimation(part)
        dsp = self._multipliers(op, model) if kind == "mvau" else found["DSP"]
        return Resources(int(found["LUT"]), int(found["BRAM_18K"]), int(dsp))

    def _multipliers(self, op: Any, model: Any) -> int:
        weights, smallest = op.get_input_datatype(1), model.get_initializer(op.onnx_node.input[1]).min()
        narrow = smallest > weights.min()
        rows = packed_rows(self.operand_bits, weights.bitwidth(), op.get_input_datatype(0).bitwidth(), narrow)
        return int(op.get_nodeattr("SIMD") * -(-op.get_nodeattr("PE") // rows))


def packed_rows(operand_bits: int, weight_bits: int, activation_bits: int, narrow: bool) -> int:
    """Return how many rows FINN+'s ``mvu.sv`` computes in one DSP block, side by side in the wide operand.

    Args:
        operand_bits: width of the wide operand, :attr:`FinnEstimator.operand_bits`.
        weight_bits, activation_bits: widths in bits.
        narrow: whether the most negative weight does not occur; if it does, a guard bit is needed.
    """
    wide = operand_bits - int(not narrow)
    return 1 + (wide - weight_bits) // (weight_bits + activation_bits - 1)
