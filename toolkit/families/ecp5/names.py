"""What the ECP5 calls its resources: nextpnr's names of cells, Lattice's short ones, and plain words."""

from __future__ import annotations

from toolkit.families.resources import ResourceName, ResourceNames

NAMES = ResourceNames(
    lut=ResourceName("LUT4", "LUT4", "LUT4"),
    ff=ResourceName("TRELLIS_FF", "FF", "flip-flops"),
    bram=ResourceName("DP16KD", "EBR", "block RAMs (18 Kb)"),
    dsp=ResourceName("MULT18X18D", "MULT18", "multipliers"),
)
