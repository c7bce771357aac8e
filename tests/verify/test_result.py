"""Results of verification and simulation come back as they were saved."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from toolkit.core.artifact import read_json, write_json
from toolkit.core.errors import ArtifactError
from toolkit.verify.result import Constants, GoldenLogits, Verification
from toolkit.verify.simulation import PathRun

FOUND = Verification(
    frames=5,
    layers=0,
    compared=1000,
    mismatches=0,
    stall_patterns=("none", "idle"),
    stall_frames=4,
    pytorch_differing_frames=0,
    constants=Constants(weights=5, parameters=1),
)


def test_verification(tmp_path: Path) -> None:
    FOUND.save(tmp_path)
    assert Verification.load(tmp_path) == FOUND


@pytest.mark.parametrize("change", [{"mismatches": 1}, {"compared": 0}, {"frames": 0}])
def test_a_verification_that_proves_nothing_is_refused(tmp_path: Path, change: dict[str, int]) -> None:
    file = FOUND.save(tmp_path)
    write_json(file, read_json(file) | change)
    with pytest.raises(ArtifactError, match=rf"verification\.json: {next(iter(change))}"):
        Verification.load(tmp_path)


def test_arrays(tmp_path: Path) -> None:
    golden = GoldenLogits(logits=np.arange(12).reshape(2, 2, 3))
    run = PathRun(
        logits=np.ones((2, 3), np.int32), latency=np.array([9, 7]), intervals=np.array([], dtype=np.int64)
    )
    golden.save(tmp_path)
    run.save(tmp_path)
    assert GoldenLogits.load(tmp_path) == golden
    assert PathRun.load(tmp_path) == run
