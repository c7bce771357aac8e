"""Made-up datasets: their frames are pinned, each is there once, and the test split stays as it is."""

from __future__ import annotations

import numpy as np
import pytest

from toolkit.data import hums, load, sweeps


@pytest.mark.parametrize(
    ("name", "digest", "shape", "classes"),
    [
        (
            *("hums", "8735222c3a52c9e96999b19d4fc9ebb871d3e92d45b75452ca01050bd9466672"),
            *((1, 5, 128), hums.CLASSES),
        ),
        (
            *("sweeps", "1c5b29dbc3137d62ca2ce09e241adeb532c01437e00517d413c36b60936e7d34"),
            *((1, 49, 10), sweeps.CLASSES),
        ),
    ],
)
def test_the_bytes_are_pinned(
    name: str, digest: str, shape: tuple[int, ...], classes: tuple[str, ...]
) -> None:
    """A shipped checkpoint belongs to exactly these frames: a change here orphans it."""
    dataset = load(name)
    assert (dataset.digest, dataset.image_shape, dataset.classes) == (digest, shape, classes)


@pytest.mark.parametrize("name", ["hums", "sweeps"])
def test_no_frame_is_there_twice_and_the_seed_leaves_the_test_frames(name: str) -> None:
    one, other = load(name, seed=0), load(name, seed=1)
    frames = [image.tobytes() for _, split in one.splits() for image in split.images]
    assert len(set(frames)) == len(frames) == 7200
    assert np.array_equal(one.test.images, other.test.images)
    assert not np.array_equal(one.calibration.images, other.calibration.images)
