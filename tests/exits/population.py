"""Synthetic networks: integer logits of several exits, right with the probability they claim."""

from __future__ import annotations

import numpy as np

SCALE = 1 / 16
CLASSES = 4


def draw(frames: int, exits: int = 2, seed: int = 0) -> tuple[list[np.ndarray], np.ndarray]:
    """Logits int64 [frames, 4] per exit and labels; later exits are surer and better."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, CLASSES, frames)
    hardness = generator.normal(0, 1, (frames, 1))
    logits = []
    for k in range(exits):
        real = generator.normal(0, 1, (frames, CLASSES)) + 0.5 * hardness * generator.normal(
            0, 1, (frames, CLASSES)
        )
        real[np.arange(frames), labels] += 3.0 + 1.5 * k - 0.5 * hardness[:, 0]
        logits.append(np.rint(real / SCALE).astype(np.int64))
    return logits, labels
