from __future__ import annotations

import numpy as np

from toolkit.data import load
from toolkit.data.hums import CLASSES


def test_the_bytes_are_pinned() -> None:
    """A shipped checkpoint belongs to exactly these frames: a change here orphans it."""
    dataset = load("hums")
    assert dataset.digest == "8735222c3a52c9e96999b19d4fc9ebb871d3e92d45b75452ca01050bd9466672"
    assert (dataset.image_shape, dataset.classes) == ((1, 5, 128), CLASSES)


def test_faulty_frames_are_for_test_alone() -> None:
    dataset = load("hums")
    counts = {name: np.bincount(split.labels, minlength=2).tolist() for name, split in dataset.splits()}
    assert counts == {"train": [4800, 0], "validation": [600, 0], "calibration": [600, 0], "test": [600, 600]}
    assert dataset.test.labels[:4].tolist() == [0, 1, 0, 1]


def test_no_frame_is_there_twice() -> None:
    frames = [image.tobytes() for _, split in load("hums").splits() for image in split.images]
    assert len(set(frames)) == len(frames) == 7200


def test_the_seed_moves_the_split_but_not_the_test_frames() -> None:
    one, other = load("hums", seed=0), load("hums", seed=1)
    assert np.array_equal(one.test.images, other.test.images)
    assert not np.array_equal(one.calibration.images, other.calibration.images)


def test_faults_sound_as_they_are_called() -> None:
    """A speed that slips moves the strongest band between first and last spectrum; a knock is in one."""
    test = load("hums").test
    faulty = test.images[test.labels == 1, 0].astype(int)
    healthy = test.images[test.labels == 0, 0].astype(int)

    def moved(frames: np.ndarray) -> float:
        return float(np.median(abs(frames[:, 0].argmax(1) - frames[:, -1].argmax(1))))

    def uneven(frames: np.ndarray) -> float:
        return float(np.median(np.ptp(frames.mean(2), axis=1)))

    slip, knock = faulty[2::4], faulty[1::4]
    assert moved(slip) >= 1 > moved(healthy)
    assert uneven(knock) > 2 * uneven(healthy)
