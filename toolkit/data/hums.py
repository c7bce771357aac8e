"""``hums``: made-up spectra of a humming machine, where no machine sounds are at hand.

Frames have the shape of MLPerf Tiny's anomaly detection: 5 spectra in a row of 128 bands. The machine hums
with six harmonics at a speed and a load of its own in every frame, over a floor and noise. In faulty frames,
which are for test alone, there is a whistle, a knock, a speed that slips, or wear that strengthens high
harmonics. These are not sounds of machines: figures on them say nothing about such.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.data.dataset import Dataset, Split
from toolkit.data.request import Request
from toolkit.data.split import stratified

CLASSES = ("healthy", "faulty")
FAULTS = ("whistle", "knock", "slip", "wear")
_TIMES, _BANDS = 5, 128
_UNIT = 64
"""Steps of a band: integers give the same bytes everywhere."""
_HARMONICS = ((0, 150), (24, 120), (38, 95), (48, 75), (56, 60), (62, 45))
"""Bands above the first harmonic, 24 to an octave, and strength of each."""
_SIZES = (4800, 600, 600, 1200)
_SEED = 0  # frames are the same for every seed, which moves the split only
Ints = npt.NDArray[np.int64]


def load(request: Request) -> Dataset:
    """Make ``hums``: 4,800 / 600 / 600 healthy frames, and 1,200 for test, every other one faulty."""
    draw = np.random.Generator(np.random.PCG64(_SEED))
    *_, tested = _SIZES
    labels = np.zeros(sum(_SIZES), dtype=np.int64)
    labels[-tested + 1 :: 2] = 1
    faults = [FAULTS[at // 2 % len(FAULTS)] if label else "" for at, label in enumerate(labels)]
    frames = np.stack([_frame(fault, draw) for fault in faults])[:, None]
    parts = stratified(labels[:-tested], _SIZES[:3], request.seed)
    train, validation, calibration = (Split(frames[part], labels[part]) for part in parts)
    test = Split(frames[-tested:], labels[-tested:])
    return Dataset("hums", CLASSES, train, validation, calibration, test)


def _frame(fault: str, draw: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Draw a frame with a fault, or a healthy one, uint8 [times, bands]."""
    first = int(draw.integers(16 * _UNIT, 44 * _UNIT))
    load, floor, tilt = (int(draw.integers(*range_)) for range_ in ((50, 101), (20, 61), (-20, 21)))
    sway = draw.integers(-8, 9, _TIMES)  # of the speed, less than a quarter of a band
    if fault == "slip":
        way = int(draw.integers(48, 161)) * int(draw.choice((-1, 1)))
        sway += way * np.arange(_TIMES) // (_TIMES - 1)
    bands = np.arange(_BANDS)
    frame = np.tile(floor + tilt * (bands - _BANDS // 2) // _BANDS, (_TIMES, 1))
    worn = int(draw.integers(40, 121)) if fault == "wear" else 0
    for above, strength in _HARMONICS:
        grown = strength * load // 100 * (100 + worn * (above > 40)) // 100
        frame += _peak(first + above * _UNIT + sway, grown)
    if fault == "whistle":
        at = int(draw.integers(4 * _UNIT, 124 * _UNIT))
        frame += _peak(np.full(_TIMES, at), int(draw.integers(40, 121)))
    if fault == "knock":
        begin, louder = int(draw.integers(0, _BANDS // 2)), int(draw.integers(10, 41))
        frame[int(draw.integers(0, _TIMES)), begin : begin + _BANDS // 2] += louder
    frame += draw.integers(-12, 13, (_TIMES, _BANDS))
    return np.clip(frame, 0, 255).astype(np.uint8)


def _peak(at: Ints, strength: int) -> Ints:
    """Return a peak of two bands to each side, [times, bands], at a place of its own in each spectrum."""
    away = abs(np.arange(_BANDS) * _UNIT - at[:, None])
    return strength * np.maximum(0, 2 * _UNIT - away) // (2 * _UNIT)
