"""Whole systems: the stage accelerators of a network, their link and their clock on one chip."""
