"""The comparison as it is kept: made from a sweep, read back, warned about where more frames stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.explore.test_bound import CLUSTERED
from tests.explore.test_budgets import PART, UNITS
from toolkit.cascade import Spread
from toolkit.core.artifact import read_json, write_json
from toolkit.core.errors import ArtifactError
from toolkit.core.usage import Usage
from toolkit.explore.bound import Bound
from toolkit.explore.budgets import sweep
from toolkit.explore.comparison import Comparison, LatencyBound, MapBuffer, Reference, Simulated, Together
from toolkit.families.resources import Resources


def simulated(name: str, cycles: int) -> Simulated:
    return Simulated(
        name=name,
        interval_cycles=cycles,
        latency_cycles=2 * cycles,
        map_cycles=None,
        estimated_cycles=cycles,
        resources=Usage.total([{"LUT": 9.6, "DSP": 3}, {"LUT": 0.8, "BRAM_18K": 2}]),
    )


def together(offered: float, latency: int, frames: int = 50) -> Together:
    return Together(
        frames=frames,
        compared=10 * frames,
        offered_cycles=offered,
        latency_cycles=Spread(min=latency, median=latency, p99=latency, max=latency),
        mean_latency_cycles=latency,
        modelled_latency_cycles=latency,
        largest_difference_cycles=0,
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
        first=simulated("first exit", 20),
        together=together(20, 300),
        together_baseline=together(80, 160),
    )
    buffer = MapBuffer.of([1280], slots=64)
    found = sweep(UNITS, (1.0, 0.1), PART, [64, 8], Resources(**dict(buffer.resources)))
    return Comparison.of(found, "zc706", reference, buffer)


def test_it_holds_the_sweep(comparison: Comparison) -> None:
    small, large = comparison.points
    assert (small.dsp, small.gain, large.dsp, large.gain) == (8, 4, 64, 1)
    assert (small.early.interval_cycles, small.baseline.resources.dsp) == (20, 6)
    assert comparison.worst.model_dump() == {"dsp": 64, "gain": 1}
    assert (comparison.distinct, comparison.equal) == (2, 1)
    assert (comparison.floor_cycles, comparison.reach) == (10, (1.0, 0.1))
    assert comparison.summary().startswith(
        "4.00 times the throughput at 8 DSP if the decision takes no time, then with a mean latency of 300 "
        "cycles over 50 test frames in their order against 160 (simulated); over 2 budgets (2 different) 2.00"
    )
    assert comparison.bound is None
    assert "keep" not in comparison.summary()


def test_it_says_which_bound_its_designs_keep(comparison: Comparison, tmp_path: Path) -> None:
    bound = Bound(120, 0.5, CLUSTERED, clock_mhz=1)
    found = sweep(UNITS, (1.0, 0.1), PART, [8, 12, 64], bound=bound)
    bounded = Comparison.of(found, "zc706", comparison.reference, comparison.buffer)
    assert bounded.bound == LatencyBound(latency_us=120, load=0.5)
    assert bounded.left_out == (8,)
    assert bounded.summary().endswith(
        "; designs keep a mean latency of at most 120 us at 50% load (estimated)"
    )
    bounded.save(tmp_path)
    assert Comparison.load(tmp_path) == bounded


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


def test_what_early_exit_alone_needs_is_counted(comparison: Comparison) -> None:
    # 64 maps of 1,280 bits: 81,920 bits, five block RAMs of 16 Kb; and the look-up tables of a fork.
    assert comparison.buffer.model_dump() == {
        "slots": 64,
        "map_bits": (1280,),
        "resources": {"lut": 6, "bram": 5, "dsp": 0},
    }
    for point in comparison.points:
        assert (point.early.resources.bram, point.baseline.resources.bram) == (5, 0)
    assert MapBuffer.of([1 << 14, 1], slots=1).resources.bram == 2
