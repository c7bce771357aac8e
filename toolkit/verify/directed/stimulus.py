"""Frames for one hardware layer, made so that each of its parts decides an output.

Layers are driven alone (:mod:`toolkit.sim.cut`), so inputs are any integers of the stream's type: thresholds
are met by stating accumulators, products by stating windows.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from toolkit.verify.directed.arithmetic import GoldenLinear, Ints, Place

LEAST_FRAMES = 3
"""Every counter of a layer returns to its start with every frame; three frames in a row show it twice."""
CYCLES = 600_000
"""Cycles that the frames of a product may take at most, beyond the least number."""
RANDOM_VECTORS = 24


def frames(place: Place, seed: int) -> Ints:
    """Return input frames (N, *shape) for a layer, int64, the same for the same seed.

    Frames 0 and 1 are equal; among the others are the type's extremes.
    """
    rng = np.random.default_rng([seed, *place.node.name.encode()])
    made = _MAKERS.get(place.node.kind, _maps)(place, rng)
    return np.concatenate([made[:1], made])


def thresholds(linear: GoldenLinear, low: int, high: int) -> Ints:
    """Return every integer above ``low``, up to ``high``, with which an output of the golden quantiser rises.

    Found by asking golden about all of them, independently of how the compiler finds thresholds.

    Returns:
        int64 (n, 3): channel, the first accumulator of the step, and the number of steps it rises; ordered.
    """
    found = []
    for start in range(low, high, _CHUNK):
        values = np.arange(start, min(start + _CHUNK, high) + 1, dtype=np.int64)
        answers = linear.finish(np.repeat(values[:, None], len(linear.weights), axis=1))
        rises = np.diff(answers, axis=0)
        step, channel = np.nonzero(rises)
        found.append(np.stack([channel, values[step + 1], rises[step, channel]], axis=1))
    met = np.concatenate(found) if found else np.empty((0, 3), np.int64)
    return met[np.lexsort((met[:, 1], met[:, 0]))]


_CHUNK = 1 << 16


def _vectors(place: Place, rng: np.random.Generator) -> Ints:
    """Inputs of a product: the ones that reach each output's extremes, both ends of the type, random ones."""
    linear, stream = place.linear, place.node.input
    assert linear is not None
    rows, low, high = stream_order(place, linear), stream.low, stream.high
    least, most = linear.least, linear.most
    # Widest outputs first: a layer with one vector per frame may not get to all of them.
    order = np.argsort(-np.maximum(np.abs(least), np.abs(most)), kind="stable")
    ends = np.where(rows[order] > 0, high, low), np.where(rows[order] > 0, low, high)
    first = [int(np.argmax(most[order])), int(np.argmin(least[order]))]
    width = rows.shape[1]
    vectors = [
        ends[0][first[:1]], ends[1][first[1:]],
        np.full((1, width), high), np.full((1, width), low), np.full((1, width), max(low, -1) or 1),
        rng.integers(low, high + 1, (RANDOM_VECTORS // 3, width)),
        ends[0], ends[1],
        rng.integers(low, high + 1, (RANDOM_VECTORS, width)),
    ]  # fmt: skip
    wanted = np.concatenate(vectors)
    places = place.node.input.elements // width
    affordable = max(LEAST_FRAMES, CYCLES // max(1, place.node.cycles)) - 1  # frames() doubles the first
    count = min(max(LEAST_FRAMES - 1, math.ceil(len(wanted) / places)), affordable)
    missing = max(0, count * places - len(wanted))
    wanted = np.concatenate([wanted, rng.integers(low, high + 1, (missing, width))])[: count * places]
    return wanted.reshape(count, *place.shape).astype(np.int64)


def stream_order(place: Place, linear: GoldenLinear) -> Ints:
    """Return the weights (O, inputs) in the order in which the stream brings the inputs."""
    weights = linear.weights
    if weights.ndim == 4:
        return weights.transpose(0, 2, 3, 1).reshape(len(weights), -1)
    if len(place.shape) == 3:
        height, width, channels = place.shape
        weights = weights.reshape(-1, channels, height, width).transpose(0, 2, 3, 1)
    return weights.reshape(len(weights), -1)


def _accumulators(place: Place, rng: np.random.Generator) -> Ints:
    """Inputs of a quantiser: in each channel every accumulator that the layer can make.

    Where those take too long: each threshold of each channel, the integer before it, the layer's extremes.
    """
    linear = place.linear
    assert linear is not None
    low, high = accumulator_range(place)
    channels = len(linear.weights)
    every = np.arange(low, high + 1)
    per_frame = math.prod(place.shape) // channels
    if -(-every.size // per_frame) * place.node.cycles <= CYCLES:
        count = max(LEAST_FRAMES - 1, -(-every.size // per_frame))
        filled = np.resize(every, count * per_frame)
        columns = [rng.permutation(filled) for _ in range(channels)]
        return np.stack(columns, axis=1).reshape(count, *place.shape)
    met = thresholds(linear, low, high)
    lists = [np.concatenate([at := met[met[:, 0] == c, 1], at - 1, [low, high, 0]]) for c in range(channels)]
    spots = math.prod(place.shape) // channels
    count = max(LEAST_FRAMES - 1, math.ceil(max(map(len, lists)) / spots))
    values = rng.integers(low, high + 1, (count * spots, channels))
    for channel, wanted in enumerate(lists):
        values[: len(wanted), channel] = rng.permutation(wanted)
    return values.reshape(count, *place.shape)


def accumulator_range(place: Place) -> tuple[int, int]:
    """Return the integers from lowest to highest that a layer's accumulators can be, whatever its inputs.

    A quantiser's stream could carry more, which no product makes.
    """
    assert place.linear is not None
    return int(place.linear.least.min()), int(place.linear.most.max())


def _biased(place: Place, rng: np.random.Generator) -> Ints:
    """Inputs of a bias adder: the extremes of every class, and random ones in between."""
    assert place.linear is not None
    low, high = accumulator_range(place)
    least, most = place.linear.least, place.linear.most  # of each class: beyond them the sum may not fit
    values = rng.integers(low, high + 1, (8, *place.shape))
    return np.concatenate([np.stack([least, most]).reshape(2, *place.shape), values.clip(least, most)])


def _pooled(place: Place, rng: np.random.Generator) -> Ints:
    """Inputs of a pool: every position of the window wins alone, by one step and by all of the range."""
    stream, (height, width, _) = place.node.input, place.shape
    kernel_h, kernel_w = place.node.attributes["KernelSize"]
    stride_h, stride_w = place.node.attributes["Stride"]
    top, left, _, _ = place.node.attributes["Padding"]
    made = [_maps(place, rng)]
    for row in range(kernel_h):
        for column in range(kernel_w):
            frame = rng.integers(stream.low, stream.high, (2, *place.shape))
            frame[1] = stream.low
            first_row, first_column = _first(row - top, stride_h), _first(column - left, stride_w)
            frame[:, first_row::stride_h, first_column::stride_w] = stream.high
            made.append(frame)
    found = np.concatenate(made)
    assert found.shape[1:3] == (height, width)
    return found


def _first(line: int, stride: int) -> int:
    """Return the first line of the map among those every ``stride`` lines that ``line`` is one of."""
    return line if line >= 0 else line % stride


def _maps(place: Place, rng: np.random.Generator) -> Ints:
    """Frames for layers that only move integers: random ones, extremes, and the border alone."""
    low, high = place.node.input.low, place.node.input.high
    made = rng.integers(low, high + 1, (6, *place.shape))
    made[1], made[2] = high, low
    made[3] = (high + low + 1) // 2
    made[4] = -1 - made[0] if low < 0 else high - made[0]  # every bit of frame 0 the other way round
    if len(place.shape) == 3:
        made[5, 1:-1, 1:-1] = low
        made[3, ::2, ::2], made[3, 1::2, 1::2] = high, high
    return made


_MAKERS: dict[str, Callable[[Place, np.random.Generator], NDArray[np.int64]]] = {
    "mvau": _vectors,
    "threshold": _accumulators,
    "bias": _biased,
    "pool": _pooled,
}
