"""AMD's Zynq UltraScale+: estimates only."""

from __future__ import annotations

from toolkit.families.amd import AmdFamily


class ZynqMp(AmdFamily):
    """The chip family Zynq UltraScale+."""

    parts = ("xczu",)
    operand_bits = 27


FAMILY = ZynqMp()
