"""Which constant memories are made of block RAMs.

By itself Yosys makes one of a constant memory of 8,256 bits or more, since 64 bits are at best a look-up
table; the weights of a network take one per 14 bits. So smaller ones are block RAMs here as well: with
``b_lenet_se`` a segment of 4,787 look-up tables became one of 2,778, for five block RAMs.
"""

from __future__ import annotations

LEAST = ((64, 32), (128, 16), (256, 8), (512, 4))
"""(words, bits): a constant memory that has as many of both is made of block RAMs."""


def in_block_ram(words: int, bits: int) -> bool:
    """Whether a constant memory is made of block RAMs."""
    return any(words >= least_words and bits >= least_bits for least_words, least_bits in LEAST)


def script() -> str:
    """Return the Yosys commands that ask for it, before memories are mapped."""
    rom = "t:$mem_v2 r:WR_PORTS=0 %i"
    chosen = (f"{rom} r:SIZE>={words} %i r:WIDTH>={bits} %i" for words, bits in LEAST)
    return "\n".join(f'setattr -set rom_style "block" {one}' for one in chosen)
