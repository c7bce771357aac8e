"""Converts images to the integers that are sent to a device."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable, Iterator
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import DataError
from toolkit.core.stream import Stream

T = TypeVar("T")


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


async def in_thread(function: Callable[[], T]) -> T:
    """Call a function that may block in a thread of its own, and return its result or raise its exception.

    :func:`asyncio.to_thread` would hold up the end of the program as long as the call does not return.
    """
    loop = asyncio.get_running_loop()
    result: asyncio.Future[T] = loop.create_future()

    def settle(set_: Callable[[Any], None], value: object) -> None:
        if not result.done():  # cancelled meanwhile
            set_(value)

    def work() -> None:
        done: tuple[Callable[[Any], None], object]
        try:
            done = (result.set_result, function())
        except BaseException as error:  # raised where the result is awaited
            done = (result.set_exception, error)
        with contextlib.suppress(RuntimeError):  # the loop has been closed: nobody waits
            loop.call_soon_threadsafe(settle, *done)

    threading.Thread(target=work, name="offramp-call", daemon=True).start()
    return await result


async def pull(
    frames: Iterable[npt.ArrayLike] | AsyncIterable[npt.ArrayLike], count: int
) -> AsyncGenerator[npt.ArrayLike, None]:
    """Yield frames one by one; a plain iterable is read in another thread, ``count`` at a time."""
    if isinstance(frames, AsyncIterable):
        async for frame in frames:
            yield frame
        return
    source = iter(frames)
    while True:
        chunk, failure = await in_thread(lambda: _chunk(source, count))
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
