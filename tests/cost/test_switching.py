"""Toggles of the tiny network's parts, recorded side by side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Compiled
from toolkit.compose import compose_chain
from toolkit.core.topology import head, trunk
from toolkit.cost.activity import FRAMES, RECORDINGS
from toolkit.cost.switching import count_toggles
from toolkit.verify.stages import golden_stages


@pytest.mark.sim
def test_every_recording_counts_every_part_however_many_run_at_once(
    tiny: Compiled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = tiny.segments
    first = compose_chain("stage0", (parts[trunk(0)], parts[head(0)]), tmp_path / "stage0", branch=True)
    last = compose_chain("stage1", (parts[trunk(1)], parts[head(1)]), tmp_path / "stage1")
    golden = golden_stages(tiny.graphs, tiny.images[: FRAMES * RECORDINGS])
    found = []
    for jobs in ("1", "3"):
        monkeypatch.setenv("OFFRAMP_JOBS", jobs)
        found.append(count_toggles([first, last], golden))
    assert found[0] == found[1]
    assert [set(recording) for recording in found[0]] == [set(parts)] * RECORDINGS
    counts = np.array([[recording[part] for part in parts] for recording in found[0]])
    assert (counts > 0).all()
    assert np.ptp(counts, axis=0).all()
