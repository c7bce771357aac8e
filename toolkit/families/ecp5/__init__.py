"""Lattice's ECP5, by Yosys, nextpnr-ecp5 and Project Trellis."""
