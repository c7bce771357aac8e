"""``sweeps``: made-up time-frequency maps for networks of keyword spotting, where no speech is at hand.

Frames have the shape of MLPerf Tiny's keyword spotting, 49 points in time x 10 coefficients, and 12 classes.
Ten are ridges that move in a way of their own, at a random place, length, slope and strength, under noise;
``noise`` has none, and in ``other`` the ridge wanders. These are not words: accuracy on them says nothing
about speech.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from toolkit.data.dataset import Dataset, Split
from toolkit.data.request import Request
from toolkit.data.split import stratified

_TIMES, _ROWS = 49, 10
_UNIT = 64
"""Steps of a row, and of the way from a ridge's begin to its end: integers give the same bytes everywhere."""
_SIZES = (4800, 600, 600, 1200)
_SEED = 0  # frames are the same for every seed, which moves the split only
Ints = npt.NDArray[np.int64]
Way = Callable[[Ints], tuple[Ints, ...]]
"""Height 0 to ``_UNIT`` of each ridge, by how much of the way is done, 0 to ``_UNIT``."""

_WAYS: Mapping[str, Way] = {
    "rising": lambda done: (done,),
    "falling": lambda done: (_UNIT - done,),
    "peak": lambda done: (_UNIT - abs(_UNIT - 2 * done),),
    "valley": lambda done: (abs(_UNIT - 2 * done),),
    "low": lambda done: (done * 0,),
    "high": lambda done: (done * 0 + _UNIT,),
    "step up": lambda done: (np.where(2 * done < _UNIT, 0, _UNIT),),
    "step down": lambda done: (np.where(2 * done < _UNIT, _UNIT, 0),),
    "parting": lambda done: ((_UNIT - done) // 2, (_UNIT + done) // 2),
    "meeting": lambda done: (done // 2, _UNIT - done // 2),
}
CLASSES = (*_WAYS, "noise", "other")


def load(request: Request) -> Dataset:
    """Make ``sweeps``: 4,800 / 600 / 600 training, validation, calibration frames and 1,200 test frames."""
    draw = np.random.Generator(np.random.PCG64(_SEED))
    labels = np.arange(sum(_SIZES), dtype=np.int64) % len(CLASSES)
    frames = np.stack([_frame(CLASSES[label], draw) for label in labels])[:, None]
    rest = np.arange(sum(_SIZES[:3]))
    parts = stratified(labels[rest], _SIZES[:3], request.seed)
    train, validation, calibration = (Split(frames[part], labels[part]) for part in parts)
    test = Split(frames[len(rest) :], labels[len(rest) :])
    return Dataset("sweeps", CLASSES, train, validation, calibration, test)


def _frame(name: str, draw: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Draw a frame of a class, uint8 [times, rows]."""
    length = int(draw.integers(18, 41))
    begin = int(draw.integers(0, _TIMES - length + 1))
    low, span = int(draw.integers(0, 3 * _UNIT)), int(draw.integers(3 * _UNIT, 7 * _UNIT))
    strength, width = int(draw.integers(40, 161)), int(draw.integers(_UNIT, 2 * _UNIT))
    noise = draw.integers(0, int(draw.integers(60, 141)), (_TIMES, _ROWS))
    wander = np.clip(np.cumsum(draw.integers(-16, 17, length)) + _UNIT // 2, 0, _UNIT)
    done = np.arange(length) * _UNIT // (length - 1)
    heights = {"noise": (), "other": (wander,)}[name] if name not in _WAYS else _WAYS[name](done)
    rows, frame = np.arange(_ROWS) * _UNIT, noise
    for height in heights:
        centre = low + height * span // _UNIT
        near = np.maximum(0, width - abs(rows - centre[:, None]))
        frame[begin : begin + length] += strength * near // width
    return np.minimum(frame, 255).astype(np.uint8)
