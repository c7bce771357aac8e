"""Gowin's GW2A, with Yosys, nextpnr and Apicula."""

from __future__ import annotations

from typing import Any, ClassVar

from toolkit.families.ecp5.estimate import Shape
from toolkit.families.family import Family
from toolkit.families.gowin import estimate
from toolkit.families.gowin.netlist import NAMES
from toolkit.families.gowin.parts import CAPACITIES
from toolkit.families.gowin.toolchain import GowinToolchain
from toolkit.families.resources import Resources


class Gowin(Family):
    """The chip family GW2A."""

    parts = ("GW2A",)
    names = NAMES
    capacities = CAPACITIES
    variants = ("dsp", "lut")
    toolchains: ClassVar = {"open": GowinToolchain()}

    def estimate(self, op: Any, kind: str, model: Any, part: str) -> Resources:
        """Estimate LUT4, block RAMs and multipliers of a layer and the queue in front of it."""
        return estimate.estimate(Shape.of(op, kind))


FAMILY = Gowin()
