"""Estimates the GW2A's resources of a hardware layer.

Its look-up tables have four inputs as the ECP5's, but there are no carry cells here, and a flip-flop is
behind a look-up table of its own unless it shares one with logic: so more are taken, by a measured factor.
"""

from __future__ import annotations

from math import ceil

from toolkit.families.ecp5 import estimate as ecp5
from toolkit.families.ecp5.estimate import Shape
from toolkit.families.resources import Resources

LUTS = 1.95
"""LUT4 per estimated LUT4 of an ECP5. One design decided it: ``b_lenet_se``, of which all but the link's
1,200 take 13,419 after place and route, and 6,761 by the ECP5's estimate."""


def estimate(shape: Shape) -> Resources:
    """Estimate LUT4, block RAMs (18 Kb) and multipliers (MULT9X9) of a layer and the queue before it."""
    found = ecp5.estimate(shape)
    wide = shape.in_bits > 9 or shape.attributes.get("weight_bits", 0) > 9
    return Resources(ceil(LUTS * found.lut), found.bram, found.dsp * (2 if wide else 1))
