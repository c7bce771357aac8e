"""The weight memory against a slow, literal reading of its definition."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.compile.weights import memory_words, write_memory


def literal_words(weights: np.ndarray, pe: int, simd: int, bits: int) -> list[int]:
    columns, rows = weights.shape
    words = []
    for r in range(rows // pe):
        for c in range(columns // simd):
            word = 0
            for p in range(pe):
                for s in range(simd):
                    value = int(weights[c * simd + s, r * pe + p]) & (2**bits - 1)
                    word |= value << ((p * simd + s) * bits)
            words.append(word)
    return words


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.integers(1, 4), st.integers(2, 8), st.data()
)
def test_words(pe: int, rows: int, columns: int, simd: int, bits: int, data: st.DataObject) -> None:
    seed = data.draw(st.integers(0, 2**32 - 1))
    shape = (columns * simd, rows * pe)
    weights = np.random.default_rng(seed).integers(-(2 ** (bits - 1)), 2 ** (bits - 1), shape)
    words = memory_words(weights.astype(np.float32), pe, simd, bits)
    assert [int.from_bytes(w.tobytes(), "little") for w in words] == literal_words(weights, pe, simd, bits)


def test_file_reads_back(tmp_path: Path) -> None:
    words = memory_words(np.array([[1.0, -1.0], [2.0, -2.0], [3.0, -3.0]], np.float32), 2, 3, 4)
    write_memory(tmp_path / "w.dat", words)
    assert (tmp_path / "w.dat").read_text() == "def321\n"
