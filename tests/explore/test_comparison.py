"""The comparison as it is kept: made from a sweep, read back, warned about where more frames stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.explore.test_budgets import PART, UNITS
from toolkit.core.artifact import read_json, write_json
from toolkit.core.errors import ArtifactError
from toolkit.core.usage import Usage
from toolkit.explore import Comparison
from toolkit.explore.budgets import sweep
from toolkit.explore.comparison import Reference, Simulated


def simulated(name: str, cycles: int) -> Simulated:
    return Simulated(
        name=name,
        interval_cycles=cycles,
        latency_cycles=2 * cycles,
        map_cycles=None,
        estimated_cycles=cycles,
        resources=Usage.total([{"LUT": 9.6, "DSP": 3}, {"LUT": 0.8, "BRAM_18K": 2}]),
        compared=50,
    )


@pytest.fixture
def comparison() -> Comparison:
    stages = (simulated("stage0", 20), simulated("stage1", 80))
    reference = Reference(
        dsp=8,
        gain=4.0,
        estimated_gain=4.0,
        share=None,
        interval_cycles=20.0,
        stages=stages,
        baseline=simulated("baseline", 80),
    )
    return Comparison.of(sweep(UNITS, (1.0, 0.1), PART, [64, 8]), "zc706", reference)


def test_it_holds_the_sweep(comparison: Comparison) -> None:
    small, large = comparison.points
    assert (small.dsp, small.gain, large.dsp, large.gain) == (8, 4, 64, 1)
    assert (small.early.interval_cycles, small.baseline.resources.dsp) == (20, 6)
    assert comparison.worst.model_dump() == {"dsp": 64, "gain": 1}
    assert (comparison.floor_cycles, comparison.reach) == (10, (1.0, 0.1))
    assert comparison.summary().startswith(
        "4.00 times the throughput at 8 DSP (simulated); over 2 budgets 2.00"
    )


def test_read_back(comparison: Comparison, tmp_path: Path) -> None:
    comparison.save(tmp_path)
    assert Comparison.load(tmp_path) == comparison
    warned = comparison.at_reach((1.0, 0.5))
    warned.save(tmp_path)
    assert Comparison.load(tmp_path) == warned != comparison


def test_damage_is_named(comparison: Comparison, tmp_path: Path) -> None:
    path = comparison.save(tmp_path)
    value = read_json(path)
    value["points"][0]["gain"] = -1
    write_json(path, value)
    with pytest.raises(ArtifactError, match=r"comparison\.json: points\.0\.gain"):
        Comparison.load(tmp_path)


def test_more_frames_than_planned_are_a_warning(comparison: Comparison) -> None:
    assert comparison.at_reach((1.0, 0.1)).warnings == ()
    begin = "% of the test frames reach stage 1, which was folded for 10.0%"
    assert comparison.at_reach((1.0, 0.25)).warnings == (f"25.0{begin}; it still keeps up",)
    assert comparison.at_reach((1.0, 0.5)).warnings == (f"50.0{begin}: it sets the pace",)


def test_usage_is_a_rounded_sum() -> None:
    assert simulated("any", 1).resources.model_dump() == {"lut": 10, "bram": 2, "dsp": 3, "uram": 0}
