"""Chooses the images of the gallery: those that exit 0 is surest and least sure of, per class.

Of labels in several groups, where hardly two frames have the same, over all frames.
"""

from __future__ import annotations

import base64
import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from toolkit.data import Split
from toolkit.exits import Answers
from toolkit.exits.criteria import Top1
from toolkit.report.schema import Gallery, GalleryImage

_MOST = 30
"""Images of a row."""
_EACH = 3
"""Images of a class in a row."""
_MODES = {1: "L", 3: "RGB"}


def gallery_of(
    tested: Split, first: npt.NDArray[np.float64], answers: Answers, groups: int = 1
) -> Gallery | None:
    """Choose the images.

    Args:
        tested: the frames that went through the hardware.
        first: logits of exit 0 as real values, float [N, groups * classes].
        answers: exit and class of each frame.

    Returns:
        None if there are no frames, or none with one channel or three.
    """
    if not len(tested) or tested.images.shape[1] not in _MODES:
        return None
    confidence = Top1.least_sure(first, groups)
    kinds = tested.labels if groups == 1 else np.zeros_like(tested.labels)
    known = np.unique(kinds)[:_MOST]
    each = min(_EACH, _MOST // len(known)) if groups == 1 else _MOST
    order = np.argsort(confidence, kind="stable")
    hardest, easiest = (
        tuple(
            GalleryImage(
                image=int(at),
                label=int(tested.labels[at]),
                answer=int(answers.classes[at]),
                exit=int(answers.exits[at]),
                confidence=float(confidence[at]),
                picture=_png(tested.images[at]),
            )
            for kind in known
            for at in ordered[kinds[ordered] == kind][:each]
        )
        for ordered in (order, order[::-1])
    )
    return Gallery(easiest=easiest, hardest=hardest)


def _png(image: npt.NDArray[np.uint8]) -> str:
    """Return an image (C, H, W) as PNG, in base64."""
    pixels = image.transpose(1, 2, 0)
    picture = Image.fromarray(pixels[..., 0] if len(image) == 1 else pixels, _MODES[len(image)])
    picture.save(data := io.BytesIO(), "PNG", optimize=True)
    return base64.b64encode(data.getvalue()).decode()
