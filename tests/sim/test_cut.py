"""A design cut at its queues: every layer gets words of its own, and what comes to each queue is counted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.sim.conftest import GROUP, GROUPS, BlockSum
from toolkit.core.errors import BadOption
from toolkit.core.stream import Stream
from toolkit.sim import Simulator, StallPattern, build
from toolkit.sim.cut import Cut, CutRun, run_cut

SUMS = Stream("sums", 18, True, 1, GROUPS)
FRAMES = {"in0_V": 3, 3: 4, 7: 5}
"""Frames that each layer is given: before the first queue, between the two, and behind the second."""


@pytest.fixture(scope="module")
def given(block_sum: BlockSum) -> dict[str | int, np.ndarray]:
    words = np.random.default_rng(1).integers(-99_999, 99_999, (FRAMES[7], GROUPS, 1))
    return {"in0_V": block_sum.inputs(FRAMES["in0_V"]), 3: block_sum.inputs(FRAMES[3], seed=2), 7: words}


def simulator(block_sum: BlockSum, cache: Path) -> Simulator:
    return build(block_sum.design(), cache_dir=cache, cut=True)


def run(
    made: Simulator, given: dict[str | int, np.ndarray], stalls: StallPattern | None = None, missing: int = 0
) -> CutRun:
    cuts = {
        3: Cut(BlockSum.source, FRAMES["in0_V"], BlockSum.source, given[3]),
        7: Cut(SUMS, FRAMES[3] + missing, SUMS, given[7]),
    }
    return run_cut(made, {"in0_V": given["in0_V"]}, cuts, {"out0_V": FRAMES[7]}, stalls)


@pytest.mark.sim
@pytest.mark.parametrize("stalls", [None, "stalled", "bursts"])
def test_every_layer_answers_its_own_frames(
    block_sum: BlockSum, given: dict[str | int, np.ndarray], sim_cache: Path, stalls: str | None
) -> None:
    pattern = replace(StallPattern.named(stalls), inside=0.4) if stalls else None
    found = run(simulator(block_sum, sim_cache), given, pattern)
    assert found.ended == "ok"
    assert np.array_equal(found.words(3), given["in0_V"])
    assert np.array_equal(found.words(7), block_sum.expected(given[3]))
    assert np.array_equal(found.words("out0_V"), given[7])
    beats = 3 * GROUP * GROUPS
    assert found.beats == {"in0_V": beats, 3: beats, 7: 4 * GROUPS, "out0_V": 5 * GROUPS}
    assert (np.diff(found.marks[7]) > 0).all()


@pytest.mark.sim
def test_words_that_do_not_come_are_told_by_their_count(
    block_sum: BlockSum, given: dict[str | int, np.ndarray], sim_cache: Path
) -> None:
    found = run(simulator(block_sum, sim_cache), given, missing=1)
    assert found.ended.startswith("deadlock")
    assert found.beats[7] == 4 * GROUPS  # of 5 frames


def test_other_simulators_are_refused(block_sum: BlockSum, sim_cache: Path) -> None:
    with pytest.raises(BadOption, match="cut=True"):
        run_cut(block_sum.simulator(sim_cache), {}, {}, {})
