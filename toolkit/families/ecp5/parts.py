"""Resources of the ECP5's parts."""

from __future__ import annotations

from collections.abc import Mapping

from toolkit.families.resources import Capacity

_SOURCE = "nextpnr-ecp5, device utilisation: LUT4, DFF, DP16KD (18 Kb), MULT18X18D"


def _sizes(lut: int, bram18: int, dsp: int) -> Capacity:
    return Capacity(lut=lut, ff=lut, bram18=bram18, dsp=dsp, source=_SOURCE, verified=True)


_SIZES = {
    # The die is that of the 25F, and the tools use it whole; the part is sold with half of it.
    "12F": Capacity(
        lut=12_000,
        ff=12_000,
        bram18=32,
        dsp=28,
        source="Lattice DS1044, table of the family, rounded",
        verified=False,
    ),
    "25F": _sizes(24_288, 56, 28),
    "45F": _sizes(43_848, 108, 72),
    "85F": _sizes(83_640, 208, 156),
}
CAPACITIES: Mapping[str, Capacity] = {
    f"{line}-{size}": amounts for line in ("LFE5U", "LFE5UM", "LFE5UM5G") for size, amounts in _SIZES.items()
}
"""By the beginning of a part's name."""
