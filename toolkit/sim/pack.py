"""Vectorised conversion between integers and the bits of a stream.

A beat is a little-endian number of ``stream.tdata_bits`` bits with lane i at bits
``[i*element_bits +: element_bits]``; the bits above the last lane are zero.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import BadOption, SimulationError
from toolkit.core.stream import Stream

Ints = npt.NDArray[np.integer]
Bytes = npt.NDArray[np.uint8]

CHUNK_ELEMENTS = 1 << 20
"""Elements packed at a time, see :func:`frames_per_chunk`; limits the memory of the bit expansion."""


def container(stream: Stream) -> np.dtype:
    """Return the smallest numpy integer type (little endian) that holds every element of the stream."""
    size = next(n for n in (1, 2, 4, 8) if 8 * n >= stream.element_bits)
    return np.dtype(f"<{'i' if stream.signed else 'u'}{size}")


def check(values: npt.ArrayLike, stream: Stream) -> Ints:
    """Check values and return them as ``[frames, beats, lanes]``, without copying if possible.

    Args:
        values: integers, ``[frames, beats, lanes]`` or, if the stream has a shape, ``[frames, *shape]``.

    Raises:
        BadOption: the values are not integers, have another shape, or exceed the stream's range.
    """
    array = np.asarray(values)
    if not np.issubdtype(array.dtype, np.integer):
        raise BadOption(f"values for stream {stream.name}", expected="integers", found=array.dtype)
    wanted = [(stream.beats, stream.lanes)] + ([tuple(stream.shape)] if stream.shape else [])
    if array.ndim == 0 or array.shape[1:] not in wanted:
        expected = " or ".join(f"[frames, {', '.join(map(str, shape))}]" for shape in wanted)
        raise BadOption(
            f"shape of the values for stream {stream.name}", expected=expected, found=list(array.shape)
        )
    array = array.reshape(len(array), stream.beats, stream.lanes)
    if array.size and (int(array.min()) < stream.low or int(array.max()) > stream.high):
        frame, beat, lane = np.argwhere((array < stream.low) | (array > stream.high))[0]
        raise BadOption(
            f"values for stream {stream.name}",
            expected=f"{stream.low} to {stream.high}",
            found=f"{array[frame, beat, lane]} in frame {frame}, beat {beat}, lane {lane}",
        )
    return array


def pack(values: npt.ArrayLike, stream: Stream) -> Bytes:
    """Pack integers ``[frames, beats, lanes]`` to ``uint8 [frames, beats, stream.beat_bytes]``.

    Raises:
        BadOption: see :func:`check`.
    """
    array = check(values, stream)
    raw = np.ascontiguousarray(array, dtype=container(stream)).view(np.uint8)
    if stream.element_bits == 8 * container(stream).itemsize:
        return raw.reshape(*array.shape[:2], stream.beat_bytes)
    raw = raw.reshape(*array.shape, container(stream).itemsize)
    bits = np.unpackbits(raw, axis=-1, count=stream.element_bits, bitorder="little")
    return np.packbits(bits.reshape(*array.shape[:2], stream.width), axis=-1, bitorder="little")


def unpack(beats: Bytes, stream: Stream) -> Ints:
    """Undo :func:`pack`: ``uint8 [frames, beats, bytes]`` to ``[frames, beats, lanes]`` of :func:`container`.

    ``bytes`` may exceed ``stream.beat_bytes``; the padding is ignored, see :func:`require_padding`.

    Raises:
        BadOption: the array has another shape or type.
    """
    if beats.dtype != np.uint8 or beats.ndim != 3 or beats.shape[2] < stream.beat_bytes:
        raise BadOption(
            f"packed beats of stream {stream.name}",
            expected=f"uint8 [frames, beats, {stream.beat_bytes}]",
            found=f"{beats.dtype} {list(beats.shape)}",
        )
    dtype = container(stream)
    shape = (*beats.shape[:2], stream.lanes)
    beats = beats[..., : stream.beat_bytes]
    if stream.element_bits == 8 * dtype.itemsize:
        return np.ascontiguousarray(beats).view(dtype).reshape(shape)
    bits = np.unpackbits(beats, axis=-1, count=stream.width, bitorder="little")
    raw = np.packbits(bits.reshape(*shape, stream.element_bits), axis=-1, bitorder="little")
    padded = np.zeros((*shape, dtype.itemsize), dtype=np.uint8)
    padded[..., : raw.shape[-1]] = raw
    unused = 8 * dtype.itemsize - stream.element_bits
    # Two shifts extend the sign, since numpy's right shift is arithmetic for signed types.
    return (padded.view(dtype)[..., 0] << unused) >> unused


def require_padding(beats: Bytes, stream: Stream, first_frame: int = 0) -> None:
    """Check that the bits above the last lane are zero.

    Args:
        beats: uint8 [frames, beats, bytes] with at least ``stream.beat_bytes`` bytes.
        stream: stream of the beats.
        first_frame: number of the first frame, for the message.

    Raises:
        SimulationError: a bit is set; names stream, frame, beat and bit.
    """
    whole, bits = divmod(stream.width, 8)
    padding = beats[..., whole:]
    if bits:
        padding = padding & np.array([0xFF << bits & 0xFF, *[0xFF] * (padding.shape[-1] - 1)], np.uint8)
    if not padding.any():
        return
    frame, beat, byte = (int(i) for i in np.argwhere(padding)[0])
    lowest = int(padding[frame, beat, byte])
    raise SimulationError(
        f"padding of stream {stream.name} in frame {first_frame + frame}, beat {beat}",
        expected=f"zeros above bit {stream.width - 1}",
        found=f"bit {8 * (whole + byte) + (lowest & -lowest).bit_length() - 1} set",
    )


def frames_per_chunk(stream: Stream) -> int:
    """Return how many frames to pack or unpack at once in a few tens of MiB of memory."""
    return max(1, CHUNK_ELEMENTS // stream.elements)
