"""The result of a cascade by hand; on disk; refused where it is of other frames."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.cascade import CascadeAnswers, CascadeResult, StagePace
from toolkit.core.artifact import read_json, write_json
from toolkit.core.errors import ArtifactError
from toolkit.core.quantities import BINS, Histogram

EXITS = np.array([0, 0, 0, 1, 1])
STAGES = (
    StagePace(interval=50, logits=100, feature_map=60),
    StagePace(interval=100, logits=90, feature_map=None),
)


@pytest.fixture
def result() -> CascadeResult:
    return CascadeResult.of(EXITS, STAGES, compared=500, host_cycles=0)


def test_by_hand(result: CascadeResult) -> None:
    # Frames enter every 50 cycles. One that stays is at stage 1 after 100 and answered 90 later.
    natural = result.natural
    assert natural.latency_cycles.model_dump() == {"min": 100, "median": 100, "p99": 240, "max": 240}
    assert natural.mean_latency_cycles == (3 * 100 + 190 + 240) / 5
    assert natural.interval_cycles == (4 * 50 + 240 + 1) / 5
    assert natural.longest_queue == (0, 1)
    bins = natural.latency_histogram
    at = {bins.start + i * bins.width: frames for i, frames in enumerate(bins.frames) if frames}
    assert at == {100: 3, 190: 1, 238: 1}  # bins of three cycles
    assert (result.frames, result.compared, result.interval_cycles) == (5, 500, 50)
    assert result.curve.interval_cycles[0] == 100
    assert (result.slowest_exit_rate, result.warnings) == (0.5, ())


def test_late_stages_that_set_the_pace_are_a_warning() -> None:
    slow = (STAGES[0], STAGES[1].model_copy(update={"interval": 200}))
    result = CascadeResult.of(EXITS, slow, compared=1, host_cycles=0)
    words = "60.0% of the frames leave at exit 0; below 75.0% the late stages set the pace"
    assert result.warnings == (words,)
    assert result.summary().endswith(f"; warning: {words}")


@given(st.lists(st.integers(0, 2), min_size=1, max_size=40), st.integers(0, 30))
def test_read_back(tmp_path_factory: pytest.TempPathFactory, exits: list[int], host: int) -> None:
    folder = tmp_path_factory.mktemp("cascade")
    middle = StagePace(interval=70, logits=80, feature_map=50)
    left = np.array(exits, np.int64)
    result = CascadeResult.of(left, (STAGES[0], middle, STAGES[1]), compared=1, host_cycles=host)
    result.save(folder)
    assert CascadeResult.load(folder) == result
    result.require(left, folder)


def test_answers_are_read_back(tmp_path: Path) -> None:
    answers = CascadeAnswers(labels=np.arange(5), exits=EXITS, logits=np.arange(50).reshape(5, 10))
    answers.save(tmp_path)
    assert CascadeAnswers.load(tmp_path) == answers
    assert answers.exit_rates(3) == (0.6, 0.4, 0.0)
    with pytest.raises(ArtifactError, match=r"answers\.npz is missing"):
        CascadeAnswers.load(tmp_path / "elsewhere")


def _other(result: CascadeResult, **changes: Any) -> CascadeResult:
    return result.model_copy(update=changes)


def test_other_frames_are_refused(result: CascadeResult, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"frames in .*cascade\.json; expected 4 as verified; found 5"):
        result.require(EXITS[:4], tmp_path)
    with pytest.raises(ArtifactError, match=r"cascade\.json, latency in order 'natural'"):
        result.require(EXITS[::-1], tmp_path)
    for change in (
        {"natural": result.natural.model_copy(update={"mean_latency_cycles": 1.0})},
        {"stages": STAGES[:1] * 2},
    ):
        with pytest.raises(ArtifactError, match="latency in order 'natural'"):
            _other(result, **change).require(EXITS, tmp_path)


def test_damage_is_named(result: CascadeResult, tmp_path: Path) -> None:
    path = result.save(tmp_path)
    value = read_json(path)
    value["stages"][0]["interval"] = 0
    write_json(path, value)
    with pytest.raises(ArtifactError, match=r"cascade\.json: stages\.0\.interval"):
        CascadeResult.load(tmp_path)


@given(st.lists(st.integers(1, 20_000), min_size=1, max_size=200))
def test_histogram_counts_every_frame_in_its_bin(latency: list[int]) -> None:
    found = Histogram.of(np.array(latency))
    assert sum(found.frames) == len(latency)
    assert len(found.frames) <= BINS
    for index, frames in enumerate(found.frames):
        low = found.start + index * found.width
        assert frames == sum(low <= cycles < low + found.width for cycles in latency)
