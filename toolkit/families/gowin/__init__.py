"""Gowin's GW2A, with Yosys, nextpnr and Apicula."""

from __future__ import annotations

from typing import ClassVar

from toolkit.families.family import Family
from toolkit.families.gowin.estimate import GowinEstimator
from toolkit.families.gowin.netlist import NAMES
from toolkit.families.gowin.parts import CAPACITIES
from toolkit.families.gowin.toolchain import GowinToolchain


class Gowin(Family):
    """The chip family GW2A."""

    parts = ("GW2A",)
    names = NAMES
    capacities = CAPACITIES
    estimator = GowinEstimator()
    toolchains: ClassVar = {"open": GowinToolchain()}


FAMILY = Gowin()
