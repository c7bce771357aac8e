"""AMD's 7 series and Zynq-7000: estimates only."""

from __future__ import annotations

from toolkit.families.amd import AmdFamily


class Xc7(AmdFamily):
    """The chip family 7 series."""

    parts = ("xc7",)
    operand_bits = 25


FAMILY = Xc7()
