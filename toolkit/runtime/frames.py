"""Converts images to the integers that are sent to a device."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import DataError
from toolkit.core.stream import Stream


def stream_order(frame: npt.ArrayLike, stream: Stream) -> npt.NDArray[np.integer]:
    """Return a copy of a frame in the order of the stream: integers [elements], channels last.

    Args:
        frame: integers [C, H, W], [H, W] (one channel), or [elements] that are in stream order already.
        stream: input stream of stage 0.

    Raises:
        DataError: the frame has another dtype or number of elements, or values out of the stream's range.
    """
    array = np.asarray(frame)
    fits = array.dtype.kind in "iu" and 1 <= array.ndim <= 3 and array.size == stream.elements
    if not fits or not _in_range(array, stream):
        found = f"{array.dtype} {list(array.shape)}"
        if fits:
            found += f" from {array.min()} to {array.max()}"
        expected = f"{stream.elements} integers from {stream.low} to {stream.high}"
        raise DataError("a frame", expected=expected, found=found)
    return (array.transpose(1, 2, 0) if array.ndim == 3 else array).flatten()


def _in_range(array: npt.NDArray[np.integer], stream: Stream) -> bool:
    limits = np.iinfo(
        array.dtype
    )  # of the dtype: uint8 images always fit an 8-bit stream, so their pixels need no scan
    if stream.low <= limits.min and limits.max <= stream.high:
        return True
    return bool(stream.low <= array.min() and array.max() <= stream.high)


async def pull(
    frames: Iterable[npt.ArrayLike] | AsyncIterable[npt.ArrayLike], count: int
) -> AsyncIterator[npt.ArrayLike]:
    """Yield frames one by one; a plain iterable is read in another thread, ``count`` at a time."""
    if isinstance(frames, AsyncIterable):
        async for frame in frames:
            yield frame
        return
    source = iter(frames)
    while True:
        chunk, failure = await asyncio.to_thread(_chunk, source, count)
        for frame in chunk:
            yield frame
        if failure is not None:
            raise failure
        if len(chunk) < count:
            return


def _chunk(source: Iterator[npt.ArrayLike], count: int) -> tuple[list[npt.ArrayLike], Exception | None]:
    chunk: list[npt.ArrayLike] = []
    try:
        for frame in source:
            chunk.append(frame)
            if len(chunk) == count:
                break
    except Exception as failure:
        return chunk, failure
    return chunk, None
