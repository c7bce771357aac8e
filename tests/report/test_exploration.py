"""The picture of a search: a PNG, the same bytes for the same points."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.explore.search.test_results import exploration, sweep
from toolkit.report.exploration import PARETO, SWEEP, write_pareto, write_sweep


@pytest.mark.parametrize("objectives", [("accuracy", "energy"), ("lut", "accuracy", "energy", "throughput")])
def test_the_picture_is_reproducible(tmp_path: Path, objectives: tuple[str, ...]) -> None:
    found = exploration(objectives=objectives)
    (tmp_path / "other").mkdir()
    first = write_pareto(tmp_path, found).read_bytes()
    assert first.startswith(b"\x89PNG")
    assert write_pareto(tmp_path / "other", found).read_bytes() == first
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == [PARETO]
    assert write_pareto(tmp_path, exploration(points=found.points[:1])).read_bytes() != first


def test_the_picture_of_a_sweep_is_reproducible(tmp_path: Path) -> None:
    first = write_sweep(tmp_path, sweep()).read_bytes()
    assert first.startswith(b"\x89PNG")
    assert write_sweep(tmp_path, sweep()).read_bytes() == first
    assert [file.name for file in tmp_path.iterdir()] == [SWEEP]
