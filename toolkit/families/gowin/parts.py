"""Resources of the GW2A's parts."""

from __future__ import annotations

from collections.abc import Mapping

from toolkit.families.resources import Capacity

_GW2A_18 = Capacity(
    lut=20_736,
    ff=15_552,
    bram18=46,
    dsp=96,
    source="nextpnr-himbaechel, device utilisation of GW2AR-LV18QN88C8/I7: LUT4, DFF, BSRAM (18 Kb), MULT9X9",
    verified=True,
)
CAPACITIES: Mapping[str, Capacity] = {"GW2A-LV18": _GW2A_18, "GW2AR-LV18": _GW2A_18}
"""By the beginning of a part's name."""
