"""The result of the step "bitstream": kept, found again, told in one line."""

from __future__ import annotations

from pathlib import Path

from tests.report.fake_run import IMPLEMENTATION
from toolkit.implement import Implementation


def test_read_back(tmp_path: Path) -> None:
    assert Implementation.find(tmp_path) is None, "a target without a bitstream"
    made = Implementation.model_validate(IMPLEMENTATION)
    made.save(tmp_path)
    assert Implementation.load(tmp_path) == Implementation.find(tmp_path) == made
    assert made.model_dump(mode="json", by_alias=True) == IMPLEMENTATION


def test_resources_by_what_they_are() -> None:
    made = Implementation.model_validate(IMPLEMENTATION)
    assert {name: use.used for name, use in made.use.items()} == {
        "lut": 8361,
        "ff": 6000,
        "bram": 52,
        "dsp": 39,
    }
    assert "8,361 LUT4, 6,000 FF, 52 EBR, 39 MULT18; its netlist answers " in made.summary
