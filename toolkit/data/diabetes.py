"""``diabetes``: scikit-learn's records of 442 patients, for regression (Efron et al., 2004).

Ten measurements of a patient (age, sex, body mass index, blood pressure, six of blood serum) are the pixels
of a frame, each scaled from the range that it has outside the test split to 0..255. Labels are a measure of
how far the disease has come a year later, whole numbers from 25 to 346. Nothing is downloaded.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.data.dataset import Dataset, Split
from toolkit.data.request import Request
from toolkit.data.split import Indices, stratified

_SIZES = (258, 48, 48, 88)
_TEST_SEED = 0  # the test split is the same for every seed, as in datasets with an official one
_STRATUM = 50
"""Labels so close to each other count as alike where the records are split."""
_LARGEST = 255


def load(request: Request) -> Dataset:
    """Load ``diabetes``: 258 / 48 / 48 records for training, validation and calibration, and 88 for test."""
    from sklearn.datasets import load_diabetes  # importing it takes seconds

    source = load_diabetes(scaled=False)
    labels = source.target.astype(np.int64)
    alike = labels // _STRATUM
    rest, test = stratified(alike, (sum(_SIZES[:3]), _SIZES[3]), _TEST_SEED)
    frames = _scaled(source.data, rest)
    parts = [rest[part] for part in stratified(alike[rest], _SIZES[:3], request.seed)]
    train, validation, calibration, tested = (Split(frames[part], labels[part]) for part in (*parts, test))
    return Dataset("diabetes", (), train, validation, calibration, tested)


def _scaled(values: npt.NDArray[np.float64], rest: Indices) -> npt.NDArray[np.uint8]:
    """Return measurements [N, 10] as frames [N, 1, 1, 10], by the range of the records ``rest``."""
    low, high = values[rest].min(axis=0), values[rest].max(axis=0)
    scaled = np.rint((values - low) / (high - low) * _LARGEST)
    return np.clip(scaled, 0, _LARGEST).astype(np.uint8)[:, None, None]
