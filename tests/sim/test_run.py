"""Runs of a small design: values, stamps, probes, stalls and batches."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from toolkit.core.errors import BadOption, UnknownName
from toolkit.sim import PRESETS, Simulator, StallPattern

from .conftest import BlockSum

pytestmark = pytest.mark.sim


@pytest.fixture(scope="module")
def simulator(block_sum: BlockSum, sim_cache: Path) -> Simulator:
    return block_sum.simulator(sim_cache)


@pytest.mark.parametrize("pattern", PRESETS)
def test_every_pattern_gives_the_same_numbers(
    simulator: Simulator, block_sum: BlockSum, pattern: str
) -> None:
    values = block_sum.inputs(57)
    run = simulator.run({"in0_V": values}, stalls=StallPattern.named(pattern, seed=5))
    assert np.array_equal(run.outputs["out0_V"], block_sum.expected(values))
    assert np.array_equal(run.probes[3], values)
    assert np.array_equal(run.probes[7], block_sum.expected(values))
    assert set(run.fifo_peak) == {3, 7}
    assert 1 <= run.fifo_peak[3] <= 8
    assert 1 <= run.fifo_peak[7] <= 2


def test_without_stalls_every_cycle_is_known(simulator: Simulator, block_sum: BlockSum) -> None:
    run = simulator.run({"in0_V": block_sum.inputs(6)}, jobs=1)
    # The first FIFO is ready one cycle out of reset and shows its word two cycles later; four beats make a
    # sum, which waits a cycle in its register and one in the last FIFO. A group takes five cycles.
    assert run.first_in[0] == 1
    assert run.first_out[0] == 1 + 2 + 3 + 1 + 1
    assert np.array_equal(run.last_out - run.first_out, np.full(6, 4 * 5))
    assert np.array_equal(run.intervals, np.full(5, 25))
    assert run.interval == 25
    assert run.latency[0] == run.last_out[0] - 1
    assert np.array_equal(run.first_in, run.stamps["in0_V"].first)
    assert np.array_equal(run.last_out, run.stamps["out0_V"].last)
    assert run.fifo_peak == {3: 8, 7: 1}
    assert run.cycles > run.last_out[-1]


def test_same_seed_same_run(simulator: Simulator, block_sum: BlockSum) -> None:
    values = {"in0_V": block_sum.inputs(20)}

    def stamps(**pattern: float) -> list[int]:
        run = simulator.run(values, stalls=StallPattern(input_idle=0.4, output_stall=0.4, **pattern))
        return [*run.first_in, *run.last_in, *run.first_out, *run.last_out]

    assert stamps(seed=3) == stamps(seed=3)
    assert stamps(seed=3) != stamps(seed=4)
    assert stamps(seed=3) != stamps(seed=3, burst=10)
    assert stamps(seed=3, inside=0.3) == stamps(seed=3, inside=0.3)
    assert stamps(seed=3) != stamps(seed=3, inside=0.3)


def test_stalled_outputs_take_the_share_they_are_given(simulator: Simulator, block_sum: BlockSum) -> None:
    # Four fifths of all cycles stalled: an output beat takes five cycles in the mean, or waits for its sum.
    run = simulator.run({"in0_V": block_sum.inputs(400)}, stalls=StallPattern(output_stall=0.9), jobs=1)
    assert run.interval is not None
    assert 45 <= run.interval <= 60


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_batches(simulator: Simulator, block_sum: BlockSum, jobs: int) -> None:
    values = block_sum.inputs(8)
    run = simulator.run({"in0_V": values}, jobs=jobs)
    assert np.array_equal(run.outputs["out0_V"], block_sum.expected(values))
    assert np.array_equal(run.probes[3], values)
    assert len(run.starts) == jobs
    assert [run.first_in[start] for start in run.starts] == [1] * jobs
    assert len(run.intervals) == 8 - jobs
    assert run.interval == 25


def test_a_restart_shows_what_a_reset_forgets(
    simulator: Simulator, block_sum: BlockSum, sim_cache: Path
) -> None:
    values, fault = block_sum.inputs(4), block_sum.simulator(sim_cache, "kept")
    for stalls in (StallPattern(), StallPattern.named("inside")):
        again = replace(stalls, restart=33)  # after the first sum of the second frame
        plain, restarted = (simulator.run({"in0_V": values}, stalls=one) for one in (stalls, again))
        assert np.array_equal(plain.outputs["out0_V"], restarted.outputs["out0_V"])
        assert np.array_equal(plain.last_out, restarted.last_out)
        run, forgotten = (fault.run({"in0_V": values}, stalls=one) for one in (stalls, again))
        assert np.array_equal(run.outputs["out0_V"], block_sum.expected(values))
        assert not np.array_equal(forgotten.outputs["out0_V"], block_sum.expected(values))


def test_more_jobs_than_frames(simulator: Simulator, block_sum: BlockSum) -> None:
    values = block_sum.inputs(1).reshape(1, 4, 5, 3)  # as the stream's tensor
    run = simulator.run({"in0_V": values}, jobs=4)
    assert run.frames == 1
    assert run.interval is None
    assert run.seconds > 0


def test_progress_ends_at_the_end(simulator: Simulator, block_sum: BlockSum) -> None:
    told: list[tuple[str, int, int]] = []
    simulator.run({"in0_V": block_sum.inputs(3000)}, progress=lambda *step: told.append(step))
    assert told[-1] == ("simulate block_sum", 3000, 3000)
    assert told == sorted(set(told))


def test_only_the_probes_asked_for(simulator: Simulator, block_sum: BlockSum) -> None:
    run = simulator.run({"in0_V": block_sum.inputs(2)}, probes=[7])
    assert list(run.probes) == [7]
    assert set(run.fifo_peak) == {3, 7}


def test_wrong_calls_are_refused(simulator: Simulator, block_sum: BlockSum, tmp_path: Path) -> None:
    values = block_sum.inputs(2)
    with pytest.raises(UnknownName, match=r"'in0V'.*Did you mean in0_V"):
        simulator.run({"in0V": values})
    with pytest.raises(BadOption, match=r"inputs of block_sum; .*found nothing for \['in0_V'\]"):
        simulator.run({})
    with pytest.raises(BadOption, match=r"at least 1, as many for every input; found \{'in0_V': 0\}"):
        simulator.run({"in0_V": values[:0]})
    with pytest.raises(BadOption, match="expected -16 to 15; found 16 in frame 0"):
        simulator.run({"in0_V": np.full_like(values, 16)})
    with pytest.raises(BadOption, match="jobs; expected at least 1; found 0"):
        simulator.run({"in0_V": values}, jobs=0)
    with pytest.raises(BadOption, match=r"expected of \[3, 7\]; found \[4\]"):
        simulator.run({"in0_V": values}, probes=[4])
    with pytest.raises(BadOption, match=r"expected a simulator built for .vcd"):
        simulator.run({"in0_V": values}, trace_file=tmp_path / "waves.vcd")


def test_a_frame_waits_for_its_arrival(simulator: Simulator, block_sum: BlockSum) -> None:
    values, arrivals = block_sum.inputs(5), np.array([0, 10, 400, 410, 9000])
    free, run = (simulator.run({"in0_V": values}, jobs=1, arrivals=one) for one in (None, arrivals))
    assert np.array_equal(run.outputs["out0_V"], block_sum.expected(values))
    # Frames 0 and 1 follow without a gap, as do 2 and 3 from the cycle in which 2 arrives; 4 comes alone.
    assert np.array_equal(run.last_out[:2], free.last_out[:2])
    assert (run.first_in[2], run.first_in[4]) == (400, 9000)
    assert run.last_out[2] - 400 == run.last_out[4] - 9000
    assert run.last_out[3] - run.last_out[2] == free.intervals[1]


def test_a_long_gap_is_no_deadlock(simulator: Simulator, block_sum: BlockSum) -> None:
    run = simulator.run({"in0_V": block_sum.inputs(2)}, jobs=1, arrivals=[0, 30_000], quiet_cycles=1000)
    assert run.first_in[1] == 30_000


@pytest.mark.parametrize("arrivals", [[0, 5], [0, 9, 5], [-1, 0, 1], [0.0, 1.0, 2.0], [[0, 1, 2]]])
def test_arrivals_that_fit_no_frames(
    simulator: Simulator, block_sum: BlockSum, arrivals: list[float]
) -> None:
    with pytest.raises(BadOption, match="arrivals; expected 3 cycles that never fall, in one process"):
        simulator.run({"in0_V": block_sum.inputs(3)}, jobs=1, arrivals=arrivals)
    with pytest.raises(BadOption, match="in one process"):
        simulator.run({"in0_V": block_sum.inputs(3)}, jobs=2, arrivals=[0, 1, 2])
