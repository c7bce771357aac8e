"""AXI DMA on a Zynq, driven through PYNQ."""
