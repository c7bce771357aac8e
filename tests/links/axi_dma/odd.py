"""Two small stages whose frames fill no whole number of words: in numpy, and as accelerators on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.chip import toy
from tests.runtime.toy import Margin
from toolkit.compose import Accelerator
from toolkit.core.stream import Stream
from toolkit.runtime import StageStreams

DESIGNS = Path(__file__).parent / "designs"
ELEMENTS, CLASSES, HANGS = 28, 6, 63
SHAPE = (4, 1, 7)
IMAGE, MAP_OUT, MAP_IN = (
    Stream("in0_V", 6, False, 4, 7),
    Stream("out1_V", 5, False, 7, 4),
    Stream("in0_V", 5, False, 4, 7),
)
LOGITS = Stream("out0_V", 12, True, 2, 3)
STREAMS = (StageStreams(IMAGE, LOGITS, MAP_OUT), StageStreams(MAP_IN, LOGITS, None))


def accelerators(folder: Path) -> list[Accelerator]:
    """Write both stages into ``folder``."""
    blocks = [DESIGNS / "odd_core.sv"]
    return [
        toy.accelerator(folder, k, stage, DESIGNS / f"odd_stage{k}.sv", blocks)
        for k, stage in enumerate(STREAMS)
    ]


def images(count: int, seed: int = 0) -> np.ndarray:
    """Random integers [N, 4, 1, 7] of 6 bits; the RTL hangs at none of them."""
    values = np.random.default_rng(seed).integers(0, 64, (count, *SHAPE), dtype=np.uint8)
    values[:, 0, 0, 0] = np.minimum(values[:, 0, 0, 0], HANGS - 1)
    return values


def rows(frames: np.ndarray) -> np.ndarray:
    """Frames as integers [N, 28], channels last."""
    return frames.transpose(0, 2, 3, 1).reshape(len(frames), -1).astype(np.int64)


def compute(stage: int, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Logits [N, 6] and feature map [N, 28] of integers [N, 28]."""
    shifted = values.astype(np.int64) >> (1 if stage == 0 else 0)
    i, c = np.arange(ELEMENTS)[:, None], np.arange(CLASSES)
    weights = np.array([-1, -1, 0, 0, 0, 1, 1])[(3 * i + 2 * c + stage) % 7]
    return shifted @ weights, shifted


def direct(frames: np.ndarray, policy: Margin) -> list[tuple[int, int, int, tuple[int, ...]]]:
    """(index, label, exit, logits) per frame."""
    early, maps = compute(0, rows(frames))
    late, leaves = compute(1, maps)[0], policy.leaves(0, early)
    found = [(0, early[n]) if leaves[n] else (1, late[n]) for n in range(len(frames))]
    return [(n, int(np.argmax(logits)), k, tuple(logits.tolist())) for n, (k, logits) in enumerate(found)]
