"""Frames for one hardware layer, made so that each of its parts decides an output.

Layers are driven alone (:mod:`toolkit.sim.cut`), so inputs are any integers of the stream's type: thresholds
are met by stating accumulators, products by stating windows.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from toolkit.verify.directed.arithmetic import Ints, Place
from toolkit.verify.streams import stream_order

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


def _vectors(place: Place, rng: np.random.Generator) -> Ints:
    """Inputs of a product: the ones that reach each output's extremes, both ends of the type, random ones."""
    linear, stream = place.linear, place.node.input
    assert linear is not None
    rows, low, high = stream_order(linear.weights, place.shape), stream.low, stream.high
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


def _depthwise(place: Place, rng: np.random.Generator) -> Ints:
    """Inputs of a depthwise product: what reaches the extremes of all channels, both ends, random ones."""
    linear, stream = place.linear, place.node.input
    assert linear is not None
    taps, low, high = linear.rows.T, stream.low, stream.high  # (taps, channels), as the stream brings them
    few = max(low, -1) or 1
    made = [np.where(taps > 0, high, low), np.where(taps > 0, low, high)]
    made += [np.full(taps.shape, value) for value in (high, low, few)]
    made += list(rng.integers(low, high + 1, (RANDOM_VECTORS, *taps.shape)))
    wanted = np.stack(made).reshape(len(made), -1)
    places = place.node.input.elements // taps.size
    count = max(LEAST_FRAMES - 1, math.ceil(len(wanted) / places))
    missing = count * places - len(wanted)
    wanted = np.concatenate([wanted, rng.integers(low, high + 1, (missing, taps.size))])
    return wanted.reshape(count, *place.shape).astype(np.int64)


def _accumulators(place: Place, rng: np.random.Generator) -> Ints:
    """Inputs of a quantiser: in each channel every accumulator that the layer can make.

    Where those take too long: each threshold of each channel, the integer before it, the layer's extremes,
    and as many others as half of the time allows.
    """
    linear = place.linear
    assert linear is not None
    low, high = linear.reach
    channels = len(linear.weights)
    per_frame = math.prod(place.shape) // channels
    if takes_every_accumulator(place):
        count = max(LEAST_FRAMES - 1, -(-(high - low + 1) // per_frame))
        filled = np.resize(np.arange(low, high + 1), count * per_frame)
        columns = [rng.permutation(filled) for _ in range(channels)]
        return np.stack(columns, axis=1).reshape(count, *place.shape)
    met = linear.steps
    lists = [np.concatenate([at := met[met[:, 0] == c, 1], at - 1, [low, high, 0]]) for c in range(channels)]
    affordable = CYCLES // 2 // place.node.cycles
    count = max(LEAST_FRAMES - 1, affordable, math.ceil(max(map(len, lists)) / per_frame))
    values = rng.integers(low, high + 1, (count * per_frame, channels))
    for channel, wanted in enumerate(lists):
        values[: len(wanted), channel] = rng.permutation(wanted)
    return values.reshape(count, *place.shape)


def takes_every_accumulator(place: Place) -> bool:
    """Whether a quantiser gets every accumulator in every channel; else those would take too long."""
    assert place.linear is not None
    low, high = place.linear.reach
    per_frame = math.prod(place.shape) // len(place.linear.weights)
    return -(-(high - low + 1) // per_frame) * place.node.cycles <= CYCLES


def _biased(place: Place, rng: np.random.Generator) -> Ints:
    """Inputs of a bias adder: the extremes of every class, and random ones in between."""
    assert place.linear is not None
    low, high = place.linear.reach
    least, most = place.linear.least, place.linear.most  # of each class: beyond them the sum may not fit
    values = rng.integers(low, high + 1, (8, *place.shape))
    return np.concatenate([np.stack([least, most]).reshape(2, *place.shape), values.clip(least, most)])


def _pairs(place: Place, rng: np.random.Generator) -> Ints:
    """Pairs of maps for an adder: random ones, and every pair of extremes."""
    low, high = place.node.input.low, place.node.input.high
    made = rng.integers(low, high + 1, (8, *place.shape))
    for frame, ends in zip(made[:4], ((low, low), (low, high), (high, low), (high, high)), strict=True):
        frame[0], frame[1] = ends
    return made


def _pooled(place: Place, rng: np.random.Generator) -> Ints:
    """Inputs of a pool: every position of the window wins alone, by one step and by all of the range."""
    stream, attributes = place.node.input, place.node.attributes
    # Marks so far apart that no window holds two of them.
    kernel = attributes["KernelSize"]
    down, across = (s * -(-k // s) for k, s in zip(kernel, attributes["Stride"], strict=True))
    top, left, _, _ = attributes["Padding"]
    made = [_maps(place, rng)]
    for row in range(kernel[0]):
        for column in range(kernel[1]):
            frame = rng.integers(stream.low, stream.high, (2, *place.shape))
            frame[1] = stream.low
            first_row, first_column = _first(row - top, down), _first(column - left, across)
            frame[:, first_row::down, first_column::across] = stream.high
            made.append(frame)
    return np.concatenate(made)


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
    "depthwise": _depthwise,
    "threshold": _accumulators,
    "bias": _biased,
    "pool": _pooled,
    "add": _pairs,
}
