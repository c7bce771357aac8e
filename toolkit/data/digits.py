"""``digits``: the handwritten digits that come with scikit-learn, in the format of MNIST.

The 1,797 images of 8x8 pixels in 17 grey levels (UCI "Optical Recognition of Handwritten Digits", test set)
are enlarged to 20x20 and centred in 28x28, the box that MNIST's digits fill. Nothing is downloaded.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.data.dataset import Dataset, Images, Split
from toolkit.data.request import Request
from toolkit.data.split import stratified

_BOX = 20
_SIDE = 28
_GREY_MAX = 16
_SIZES = (1077, 180, 180, 360)
_TEST_SEED = 0  # the test split is the same for every seed, as in datasets with an official one


def load(request: Request) -> Dataset:
    """Load ``digits``: 1,077 / 180 / 180 training, validation and calibration images and 360 test images."""
    from sklearn.datasets import load_digits  # importing it takes seconds

    source = load_digits()
    images = enlarge(source.images.astype(np.int64))
    labels = source.target.astype(np.int64)
    rest, test = stratified(labels, (sum(_SIZES[:3]), _SIZES[3]), _TEST_SEED)
    parts = [rest[part] for part in stratified(labels[rest], _SIZES[:3], request.seed)]
    train, validation, calibration, test_split = (
        Split(images[part], labels[part]) for part in (*parts, test)
    )
    classes = tuple(str(name) for name in source.target_names)
    return Dataset("digits", classes, train, validation, calibration, test_split)


def enlarge(images: npt.NDArray[np.int64]) -> Images:
    """Enlarge [N, S, S] images in 0..16 bilinearly to uint8 [N, 1, 28, 28], 0..255.

    Integer arithmetic gives the same bytes on every machine. Pixel centres are aligned, edges clamped.
    """
    size = images.shape[-1]
    weights = _bilinear(size, _BOX)
    total = np.einsum("ir,nrc,jc->nij", weights, images, weights)
    whole = _GREY_MAX * (2 * _BOX) ** 2
    scaled = (255 * total + whole // 2) // whole
    margin = (_SIDE - _BOX) // 2
    out = np.zeros((len(images), 1, _SIDE, _SIDE), dtype=np.uint8)
    out[:, 0, margin : margin + _BOX, margin : margin + _BOX] = scaled
    return out


def _bilinear(source: int, target: int) -> npt.NDArray[np.int64]:
    """Return interpolation weights [target, source] in units of 1 / (2 * target)."""
    unit = 2 * target
    matrix = np.zeros((target, source), dtype=np.int64)
    for row in range(target):
        centre = (2 * row + 1) * source - target  # position in the source, in units of 1/unit
        low, fraction = divmod(centre, unit)
        matrix[row, np.clip(low, 0, source - 1)] += unit - fraction
        matrix[row, np.clip(low + 1, 0, source - 1)] += fraction
    return matrix
