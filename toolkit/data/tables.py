"""Tables of measurements as frames: a row is a frame of one line, a column a pixel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.data.dataset import Images
from toolkit.data.split import Indices

_LARGEST = 255


def frames_of(
    values: npt.NDArray[np.float64], rest: Indices, percent: tuple[float, float] = (0, 100)
) -> Images:
    """Return rows [N, C] as frames [N, 1, 1, C].

    Args:
        values: the rows.
        rest: those outside the test split. Each column is scaled from the range that it has in them.
        percent: percentiles at which that range ends; what lies outside is cut off.
    """
    low, high = np.percentile(values[rest], percent, axis=0)
    scaled = np.rint((values - low) / np.maximum(high - low, np.finfo(np.float64).tiny) * _LARGEST)
    return np.clip(scaled, 0, _LARGEST).astype(np.uint8)[:, None, None]
