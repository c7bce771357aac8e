"""``diabetes``: scikit-learn's records of 442 patients, for regression (Efron et al., 2004).

Ten measurements of a patient (age, sex, body mass index, blood pressure, six of blood serum) are the pixels
of a frame, each scaled from the range that it has outside the test split to 0..255. Labels are a measure of
how far the disease has come a year later, whole numbers from 25 to 346. Nothing is downloaded.
"""

from __future__ import annotations

import numpy as np

from toolkit.data.dataset import Dataset, Split
from toolkit.data.request import Request
from toolkit.data.split import TEST_SEED, stratified
from toolkit.data.tables import frames_of

_SIZES = (258, 48, 48, 88)
_STRATUM = 50
"""Labels so close to each other count as alike where the records are split."""


def load(request: Request) -> Dataset:
    """Load ``diabetes``: 258 / 48 / 48 records for training, validation and calibration, and 88 for test."""
    from sklearn.datasets import load_diabetes  # importing it takes seconds

    source = load_diabetes(scaled=False)
    labels = source.target.astype(np.int64)
    alike = labels // _STRATUM
    rest, test = stratified(alike, (sum(_SIZES[:3]), _SIZES[3]), TEST_SEED)
    frames = frames_of(source.data, rest)
    parts = [rest[part] for part in stratified(alike[rest], _SIZES[:3], request.seed)]
    train, validation, calibration, tested = (Split(frames[part], labels[part]) for part in (*parts, test))
    return Dataset("diabetes", (), train, validation, calibration, tested)
