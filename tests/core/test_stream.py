"""A stream's figures follow from its fields, and ends that carry something else are not joined."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.core.errors import ArtifactError
from toolkit.core.stream import Stream, connect

streams = st.builds(
    Stream,
    name=st.sampled_from(("in0_V", "out0_V", "p3")),
    element_bits=st.integers(1, 63),
    signed=st.booleans(),
    lanes=st.integers(1, 70),
    beats=st.integers(1, 900),
)


@given(streams)
def test_figures_agree(stream: Stream) -> None:
    assert stream.elements == stream.beats * stream.lanes
    assert stream.width == stream.element_bits * stream.lanes
    assert 8 * stream.beat_bytes == stream.tdata_bits
    assert 0 <= stream.tdata_bits - stream.width < 8
    assert stream.frame_bytes == stream.beats * stream.beat_bytes
    assert stream.high - stream.low == 2**stream.element_bits - 1
    assert (stream.low < 0) == stream.signed
    assert stream.dtype == f"{'INT' if stream.signed else 'UINT'}{stream.element_bits}"


@given(streams, st.integers(1, 4))
def test_frames_become_beats_in_stream_order(stream: Stream, frames: int) -> None:
    values = np.arange(frames * stream.elements).reshape(frames, -1)
    beats = stream.to_beats(values)
    assert beats.shape == (frames, stream.beats, stream.lanes)
    assert np.array_equal(beats.reshape(frames, -1), values)


@given(streams, st.integers(0, 2), st.sampled_from((-1, 1)))
def test_frames_of_another_size_are_refused(stream: Stream, frames: int, more: int) -> None:
    count = stream.elements + more
    with pytest.raises(ArtifactError, match=f"stream {stream.name}; .*; found {count} integers"):
        stream.to_beats(np.zeros((frames, count), np.int64))


@given(streams)
def test_a_stream_connects_to_itself_under_any_name(stream: Stream) -> None:
    connect(stream, stream.named("elsewhere"), "wire")
    assert stream.named("elsewhere").named(stream.name) == stream


SOURCE = Stream("out0_V", 4, False, 5, 196)


@pytest.mark.parametrize(
    ("sink", "converted"),
    [
        (Stream("in0_V", 4, False, 5, 195), True),
        (Stream("in0_V", 5, False, 5, 196), True),
        (Stream("in0_V", 4, True, 5, 196), True),
        (Stream("in0_V", 4, False, 1, 980), False),
    ],
    ids=["elements", "width", "sign", "lanes without a converter"],
)
def test_ends_that_differ_are_not_joined(sink: Stream, converted: bool) -> None:
    expected = rf"map to head; expected {sink}; found {SOURCE}\. Compile again\."
    with pytest.raises(ArtifactError, match=expected):
        connect(SOURCE, sink, "map to head", converted=converted, fix="Compile again.")


def test_a_converter_may_change_lanes() -> None:
    connect(SOURCE, Stream("in0_V", 4, False, 1, 980), "map to head", converted=True)
