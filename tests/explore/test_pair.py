"""Stages simulated together: what agrees with the event-driven model, and what is refused."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from tests.cascade.test_timing import STAGES
from toolkit.cascade import StagePace
from toolkit.cascade.timing import arrivals_at, frame_times
from toolkit.core.errors import SimulationError
from toolkit.explore.comparison import Together
from toolkit.explore.pair import Ints, Played, simulate_together
from toolkit.verify.stages import GoldenStage

FIRST, LAST = STAGES
EXITS = np.array([1, 1, 0, 0, 1, 0, 0, 0])


@dataclass
class Hardware:
    """A stage as fast as it says, unless its true interval is another; it reads a map for so long."""

    pace: StagePace
    interval: int
    reads: int

    def play(self, inputs: Ints, golden: GoldenStage, at: Ints) -> Played:
        assert np.array_equal(inputs, golden.inputs)  # the maps of the very frames that stay
        entry = np.array(at)
        for row in range(1, len(at)):
            entry[row] = max(at[row], entry[row - 1] + self.interval)
        answered = entry + self.pace.logits
        return Played(
            compared=len(inputs),
            logits=golden.logits,
            feature_map=None if self.pace.feature_map is None else golden.feature_map,
            taken=at,
            read=entry + self.reads,
            answered=answered,
            decided=np.maximum(answered, entry + (self.pace.feature_map or 0)),
        )


def golden(exits: Ints) -> list[GoldenStage]:
    """Images and feature maps are numbers of frames; the only logit is the exit."""
    numbers, logits = np.arange(len(exits))[:, None], exits[:, None]
    return [GoldenStage(numbers, logits, 100 + numbers), GoldenStage(100 + numbers, logits, numbers)]


def leaves(logits: Ints) -> np.ndarray:
    return np.asarray(logits[:, 0] == 0)


def run(interval: int = 40, reads: int = 30, slots: int | None = 2, first: int = 10) -> Together:
    stages = (Hardware(FIRST, first, 9), Hardware(LAST, interval, reads))
    return simulate_together(stages, golden(EXITS), EXITS, [leaves], 10, slots)


@pytest.mark.parametrize("slots", [1, 2, 3, None])
def test_hardware_as_modelled_agrees_to_the_cycle(slots: int | None) -> None:
    found = run(slots=slots)
    model = frame_times(EXITS, (FIRST, LAST), arrivals=arrivals_at(8, 10), slots=slots)
    assert found.largest_difference_cycles == 0
    assert found.mean_latency_cycles == found.modelled_latency_cycles == model.latency.mean()
    assert (found.frames, found.compared, found.offered_cycles) == (8, 8 + 3, 10)


def test_a_slower_stage_than_measured_alone_is_found() -> None:
    with pytest.raises(SimulationError, match=r"mean latency .* by the event-driven model; found"):
        run(interval=60, slots=None)
    with pytest.raises(SimulationError, match="mean latency"):
        run(first=13, slots=None)


def test_a_stage_that_reads_for_longer_than_its_interval_overfills_the_buffer() -> None:
    with pytest.raises(SimulationError, match="feature maps in the buffer; expected at most 2; found"):
        run(reads=70)


def test_no_frame_may_stay() -> None:
    stages = (Hardware(FIRST, 10, 9), Hardware(LAST, 40, 30))
    none = np.zeros(4, np.int64)
    found = simulate_together(stages, golden(none), none, [leaves], 10, 2)
    assert (found.mean_latency_cycles, found.compared) == (15, 4)


def test_the_network_without_early_exits() -> None:
    whole = GoldenStage(np.arange(4)[:, None], np.zeros((4, 1), np.int64), np.arange(4)[:, None])
    found = simulate_together([Hardware(LAST, 40, 30)], [whole], np.zeros(4, np.int64), [], 20)
    assert found.latency_cycles.max == 50 + 3 * 20
