"""Packing against a slow one made of Python's big integers."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.core.errors import BadOption, SimulationError
from toolkit.core.stream import Stream
from toolkit.sim import pack, unpack
from toolkit.sim.pack import container, require_padding


def slow_pack(values: list[int], stream: Stream) -> bytes:
    number = 0
    for lane, value in enumerate(values):
        number |= (value & ((1 << stream.element_bits) - 1)) << (lane * stream.element_bits)
    return number.to_bytes(stream.tdata_bits // 8, "little")


@st.composite
def streams(draw: st.DrawFn) -> Stream:
    signed = draw(st.booleans())
    bits = draw(st.integers(1, 63 + signed) | st.sampled_from([1, 4, 8, 16, 32, 63 + signed]))
    return Stream("s", bits, signed, draw(st.integers(1, 9)), draw(st.integers(1, 4)))


@given(data=st.data(), stream=streams())
def test_like_the_slow_one_and_back(data: st.DataObject, stream: Stream) -> None:
    shape = (data.draw(st.integers(0, 3)), stream.beats, stream.lanes)
    element = st.integers(stream.low, stream.high) | st.sampled_from([stream.low, stream.high])
    flat = data.draw(st.lists(element, min_size=int(np.prod(shape)), max_size=int(np.prod(shape))))
    values = np.array(flat, dtype=container(stream)).reshape(shape)
    packed = pack(values, stream)
    assert packed.dtype == np.uint8
    assert packed.shape == (*shape[:2], stream.beat_bytes)
    for frame in range(shape[0]):
        for beat in range(stream.beats):
            assert packed[frame, beat].tobytes() == slow_pack(values[frame, beat].tolist(), stream)
    back = unpack(packed, stream)
    assert back.dtype == container(stream)
    assert np.array_equal(back, values)
    behind = np.pad(packed, ((0, 0), (0, 0), (0, 3)), constant_values=255)
    assert np.array_equal(unpack(behind, stream), values)


@given(stream=streams(), place=st.integers(0, 10**6))
def test_one_bit_of_the_padding_is_named(stream: Stream, place: int) -> None:
    beats = np.full((2, stream.beats, stream.beat_bytes + 1), 255, np.uint8)
    beats[..., :-1] = pack(np.full((2, stream.beats, stream.lanes), stream.high), stream)
    beats[..., -1] = 0
    require_padding(beats, stream)
    frame, beat = place % 2, place // 2 % stream.beats
    bit = stream.width + place % (8 * beats.shape[2] - stream.width)
    beats[frame, beat, bit // 8] ^= 1 << (bit % 8)
    message = rf"padding of stream s in frame {5 + frame}, beat {beat}; expected .*; found bit {bit} set"
    with pytest.raises(SimulationError, match=message):
        require_padding(beats, stream, 5)


def test_frames_in_the_shape_of_the_tensor() -> None:
    stream = Stream("s", 4, False, 3, 6, shape=(2, 3, 3))
    values = np.arange(2 * 18).reshape(2, 2, 3, 3) % 16
    assert np.array_equal(pack(values, stream), pack(values.reshape(2, 6, 3), stream))


def test_ten_thousand_images_take_well_under_a_second() -> None:
    stream = Stream("s", 8, False, 1, 784)
    values = np.zeros((10000, 784, 1), np.uint8)
    start = time.perf_counter()
    pack(values, stream)
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((2, 4, 3)), "expected integers; found float64"),
        (np.zeros((2, 3, 4), int), r"expected \[frames, 4, 3\]; found \[2, 3, 4\]"),
        (np.zeros((), int), r"found \[\]"),
        (np.full((2, 4, 3), 8), "expected -8 to 7; found 8 in frame 0, beat 0, lane 0"),
        (np.arange(24).reshape(2, 4, 3) - 31, "found -31 in frame 0, beat 0, lane 0"),
    ],
)
def test_wrong_values_are_named(values: np.ndarray, message: str) -> None:
    with pytest.raises(BadOption, match=message):
        pack(values, Stream("s", 4, True, 3, 4))


def test_wrong_packed_beats_are_named() -> None:
    with pytest.raises(BadOption, match=r"expected uint8 \[frames, beats, 2\]; found uint8 \[1, 4, 1\]"):
        unpack(np.zeros((1, 4, 1), np.uint8), Stream("s", 4, True, 3, 4))
