"""The memory image of an MVAU's weights, vectorised: FINN+ packs them element by element, and twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def memory_words(weights: NDArray[np.float32], pe: int, simd: int, bits: int) -> NDArray[np.uint8]:
    """Return the words of the weight memory in the order in which an MVAU reads them.

    Row group r, column group c is word ``r * (MW / simd) + c``; within it, PE p and lane s take bits
    ``[(p*simd + s)*bits +: bits]``, where output channel = ``r*pe + p`` and input element = ``c*simd + s``.

    Args:
        weights: integer-valued (MW, MH) matrix.
        pe, simd: folding; PE divides MH, SIMD divides MW.
        bits: element width, two's complement.

    Returns:
        uint8 (words, bytes), least significant byte first.
    """
    columns, rows = weights.shape
    groups = weights.T.astype(np.int64).reshape(rows // pe, pe, columns // simd, simd).transpose(0, 2, 1, 3)
    flat = groups.reshape(-1, pe * simd)
    lane_bits = (flat[:, :, None] >> np.arange(bits)) & 1
    return np.packbits(lane_bits.reshape(len(flat), -1).astype(np.uint8), axis=1, bitorder="little")


def write_memory(path: Path, words: NDArray[np.uint8]) -> None:
    """Write words as lines of hexadecimal digits, most significant first, for ``$readmemh``."""
    digits = words[:, ::-1].tobytes().hex()
    width = 2 * words.shape[1]
    lines = [digits[i : i + width] for i in range(0, len(digits), width)]
    path.write_text("\n".join(lines) + "\n")
