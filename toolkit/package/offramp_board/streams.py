"""Integers to the bytes of a stream and back: lane i at ``[i * bits +: bits]``, padded to whole bytes."""

from __future__ import annotations

import numpy as np


class BoardStream:
    """A stream: a frame is ``beats`` transfers of ``lanes`` integers each.

    Attributes:
        dma: name of the DMA that carries it; empty for other links.
    """

    def __init__(self, element_bits: int, signed: bool, lanes: int, beats: int, dma: str = "") -> None:
        self.element_bits, self.signed = element_bits, signed
        self.lanes, self.beats, self.dma = lanes, beats, dma

    @property
    def beat_bytes(self) -> int:
        """Bytes of a beat."""
        return -(-self.element_bits * self.lanes // 8)

    @property
    def frame_bytes(self) -> int:
        """Bytes of a frame."""
        return self.beats * self.beat_bytes

    def pack(self, values: np.ndarray) -> np.ndarray:
        """Return integers [beats * lanes] as uint8 [frame_bytes]."""
        raw = np.ascontiguousarray(values, "<i8").reshape(self.beats, self.lanes, 1).view(np.uint8)
        bits = np.unpackbits(raw, axis=-1, bitorder="little")[..., : self.element_bits]
        return np.packbits(bits.reshape(self.beats, -1), axis=-1, bitorder="little").reshape(-1)

    def unpack(self, frame: np.ndarray) -> np.ndarray:
        """Undo :meth:`pack`: uint8 [frame_bytes] to int64 [beats * lanes]."""
        bits = np.unpackbits(frame.reshape(self.beats, -1), axis=-1, bitorder="little")
        elements = bits[:, : self.lanes * self.element_bits].reshape(-1, self.element_bits)
        weights = 1 << np.arange(self.element_bits, dtype=np.int64)
        if self.signed:
            weights[-1] = -weights[-1]
        return elements.astype(np.int64) @ weights
