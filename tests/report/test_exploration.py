"""The picture of a search: a PNG, the same bytes for the same points."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.explore.search.test_results import exploration
from toolkit.report.exploration import PARETO, write_pareto


@pytest.mark.parametrize("objectives", [("accuracy", "energy"), ("lut", "accuracy", "energy", "throughput")])
def test_the_picture_is_reproducible(tmp_path: Path, objectives: tuple[str, ...]) -> None:
    found = exploration(objectives=objectives)
    (tmp_path / "other").mkdir()
    first = write_pareto(tmp_path, found).read_bytes()
    assert first.startswith(b"\x89PNG")
    assert write_pareto(tmp_path / "other", found).read_bytes() == first
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == [PARETO]
    assert write_pareto(tmp_path, exploration(points=found.points[:1])).read_bytes() != first
