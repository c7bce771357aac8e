"""The memory-mapped link: the serial link's packets, through memory of the chip's own processor."""
