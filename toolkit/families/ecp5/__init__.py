"""Lattice's ECP5, with Yosys, nextpnr-ecp5 and Project Trellis."""

from __future__ import annotations

from typing import Any, ClassVar

from toolkit.families.ecp5 import estimate
from toolkit.families.ecp5.netlist import NAMES
from toolkit.families.ecp5.parts import CAPACITIES
from toolkit.families.ecp5.toolchain import Ecp5Toolchain
from toolkit.families.family import Family
from toolkit.families.resources import Resources


class Ecp5(Family):
    """The chip family ECP5."""

    parts = ("LFE5U",)
    names = NAMES
    capacities = CAPACITIES
    variants = ("dsp", "lut")
    toolchains: ClassVar = {"open": Ecp5Toolchain()}

    def estimate(self, op: Any, kind: str, model: Any, part: str) -> Resources:
        """Estimate LUT4, block RAMs and multipliers of a layer and the queue in front of it."""
        return estimate.estimate(estimate.Shape.of(op, kind))


FAMILY = Ecp5()
