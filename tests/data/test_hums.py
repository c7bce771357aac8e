from __future__ import annotations

import numpy as np

from toolkit.data import load


def test_faulty_frames_are_for_test_alone() -> None:
    dataset = load("hums")
    counts = {name: np.bincount(split.labels, minlength=2).tolist() for name, split in dataset.splits()}
    assert counts == {"train": [4800, 0], "validation": [600, 0], "calibration": [600, 0], "test": [600, 600]}
    assert dataset.test.labels[:4].tolist() == [0, 1, 0, 1]


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
