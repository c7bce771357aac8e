"""Estimates the GW2A's resources of a hardware layer.

Its look-up tables have four inputs as the ECP5's, but there are no carry cells here, and a flip-flop is
behind a look-up table of its own unless it shares one with logic: so more are taken, by a measured factor.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from toolkit.families.ecp5.estimate import Ecp5Estimator
from toolkit.families.shape import Shape

LUTS = 1.95
"""LUT4 per estimated LUT4 of an ECP5. One design decided it: ``b_lenet_se``, of which all but the link's
1,200 take 13,419 after place and route, and 6,761 by the ECP5's estimate."""


class GowinEstimator(Ecp5Estimator):
    """LUT4, block RAMs (18 Kb) and multipliers (MULT9X9)."""

    luts: ClassVar[Mapping[str, float]] = {name: LUTS * each for name, each in Ecp5Estimator.luts.items()}

    def multipliers(self, shape: Shape) -> int:
        wide = shape.in_bits > 9 or shape.weight_bits > 9
        return super().multipliers(shape) * (2 if wide else 1)
