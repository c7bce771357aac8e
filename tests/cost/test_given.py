"""Power that the user brings: a measurement or Vivado's report, told apart by the file's name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cost import test_rails, test_vivado
from toolkit.core.errors import ArtifactError
from toolkit.cost import read_power
from toolkit.cost.rails import read_rails
from toolkit.cost.vivado import read_power_report


def test_a_measurement_brings_idle_power_too(tmp_path: Path) -> None:
    path = test_rails.write(tmp_path / "rails.csv", [2.0] * 8, [2.5] * 8)
    found = read_power(path, interval_us=20)
    assert found.incremental.value == pytest.approx(0.5 * 20)
    assert found.incremental.provenance == "measured"
    assert found.idle == read_rails(path).idle


def test_a_report_of_vivado(tmp_path: Path) -> None:
    path = tmp_path / "power.rpt"
    path.write_text(test_vivado.REPORT)
    found = read_power(path, interval_us=20)
    assert found.incremental == read_power_report(path).incremental(20)
    assert found.idle is None


def test_neither(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("two watts")
    with pytest.raises(ArtifactError, match=r"notes\.txt"):
        read_power(tmp_path / "notes.txt", 20)
