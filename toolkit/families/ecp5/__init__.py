"""Lattice's ECP5, with Yosys, nextpnr-ecp5 and Project Trellis."""

from __future__ import annotations

from typing import ClassVar

from toolkit.families.ecp5.estimate import Ecp5Estimator
from toolkit.families.ecp5.netlist import NAMES
from toolkit.families.ecp5.parts import CAPACITIES
from toolkit.families.ecp5.toolchain import Ecp5Toolchain
from toolkit.families.family import Family


class Ecp5(Family):
    """The chip family ECP5."""

    parts = ("LFE5U",)
    names = NAMES
    capacities = CAPACITIES
    estimator = Ecp5Estimator()
    toolchains: ClassVar = {"open": Ecp5Toolchain()}


FAMILY = Ecp5()
