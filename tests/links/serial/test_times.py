"""Times over the serial line, by numbers computed by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chip import toy
from toolkit.compile.segment import Node
from toolkit.compose import Accelerator
from toolkit.core.stream import Stream
from toolkit.links.serial.times import line_times

IMAGE = Stream("in0_V", 8, False, 1, 300, (300,))  # 300 bytes
MAP = Stream("out1_V", 4, False, 2, 64, (128,))  # never on the line
LOGITS = Stream("out0_V", 12, True, 3, 2, (6,))  # 36 bits, padded to 5 bytes, twice
BYTE_US = 10 / 3
"""A packet without payload has 15 bytes, of 10 bits each: 50 us at 3 Mbaud, and 10/3 us more per byte."""


def stage(name: str, into: Stream, branch: int | None) -> Accelerator:
    nodes = (Node("a", "mvau", "a", "a", into, MAP), Node("b", "mvau", "b", "b", MAP, LOGITS))
    return Accelerator(
        name=name,
        path=Path(),
        segments=(),
        nodes=nodes,
        depths=(2,) if branch is None else (2, 2),
        sources=(),
        data=(),
        input_scale=1.0,
        output_scale=1.0,
        digest="",
        branch=branch,
    )


STAGES = [stage("stage0", IMAGE, 0), stage("stage1", MAP, None)]


def test_times_of_two_exits() -> None:
    first, last = (one.model_dump() for one in line_times(STAGES, [600, 900], 60.0, BYTE_US))
    # 315 bytes there, 15 + 8 + 10 back; and behind each image a request of 15 bytes to stop.
    assert first == {
        "index": 0,
        "chip_cycles": 600,
        "chip_us": 10.0,
        "wire_us": pytest.approx(348 * 10 / 3 + 10),
        "link_frames_per_s": pytest.approx(1e6 / 1100),
        "chip_frames_per_s": pytest.approx(100_000),
    }
    # 15 bytes more there, 33 more back; the last stage's frames stop by themselves.
    assert last == {
        "index": 1,
        "chip_cycles": 900,
        "chip_us": 15.0,
        "wire_us": pytest.approx(396 * 10 / 3 + 15),
        "link_frames_per_s": pytest.approx(1e6 / 1100),
        "chip_frames_per_s": pytest.approx(1e6 / 15),
    }


def test_an_exit_that_no_frame_took() -> None:
    first, last = line_times(STAGES, [600, None], 60.0, BYTE_US)
    assert first.chip_us == 10.0
    assert (last.chip_cycles, last.chip_us, last.wire_us, last.chip_frames_per_s) == (None,) * 4
    assert last.link_frames_per_s == pytest.approx(1e6 / 1100)


def test_one_stage(tmp_path: Path) -> None:
    (only,) = line_times([stage("stage0", IMAGE, None)], [60], 120.0, BYTE_US)
    assert only.wire_us == pytest.approx(348 * 10 / 3 + 0.5)
    assert only.link_frames_per_s == pytest.approx(1e6 / 1050), "nothing to stop"


def test_a_time_for_every_stage(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="zip"):
        line_times(toy.accelerators(tmp_path), [1], 60.0, BYTE_US)
