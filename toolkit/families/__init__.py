"""One folder per chip family: estimates, clocks, synthesis, placement, packing, cell models."""
