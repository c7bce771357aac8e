"""Computes the expected values of every stream of an accelerator from golden layer values.

The stream of a quantiser is the golden value itself. Accumulators, padded maps and windows are computed from
the golden value before them by integer arithmetic written here, independently of FINN+ and the RTL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.compile.segment import Node
from toolkit.compose.accelerator import Accelerator
from toolkit.core.errors import ArtifactError

Ints = NDArray[np.int64]


def expected_streams(
    accelerator: Accelerator,
    images: Ints,
    quantised: Mapping[str, Ints],
    weights: Mapping[str, Ints],
    logits: Ints,
) -> Iterator[tuple[int, Ints]]:
    """Yield the output stream of each node in order.

    Args:
        accelerator: exit path.
        images: input integers (N, C, H, W).
        quantised: golden output of each quantiser by layer name, (N, C, H, W) or (N, F).
        weights: integer weights by layer name, (O, C, KH, KW) or (O, F).
        logits: golden output of the path, (N, classes).

    Yields:
        Index of the node, and int64 (N, beats, lanes).

    Raises:
        ArtifactError: golden values or weights of a layer are missing.
    """
    streams: list[Ints] = []
    for index, node in enumerate(accelerator.nodes):
        current, *other = accelerator.inputs_of(index, streams, channels_last(images))
        if node.kind == "threshold":
            current = channels_last(_named(quantised, node))
        elif node.kind == "bias":
            current = logits
        elif node.kind == "mvau":
            current = product(current, _named(weights, node))
        elif node.kind == "depthwise":
            current = depthwise(current, _named(weights, node))
        elif node.kind == "add":
            current = current + other[0]
        elif node.kind != "width":
            current = SHAPERS[node.kind](current, node.attributes)
        streams.append(current)
        yield index, current.reshape(len(images), node.output.beats, node.output.lanes)


def channels_last(values: Ints) -> Ints:
    """Transpose (N, C, H, W) to (N, H, W, C); feature vectors stay as they are."""
    return values.transpose(0, 2, 3, 1) if values.ndim == 4 else values


def _named(values: Mapping[str, Ints], node: Node) -> Ints:
    if node.layer not in values:
        raise ArtifactError(f"golden values of layer {node.layer}", expected=f"for {node.name}", found="none")
    return values[node.layer]


def product(current: Ints, weights: Ints) -> Ints:
    """Multiply rows of the input with weights; a linear layer reads a feature map channels-last.

    Args:
        current: windows (N, OH, OW, KH*KW*C), a feature map (N, H, W, C), or features (N, F).
        weights: integers (O, C, KH, KW) or (O, F).
    """
    matrix = stream_order(weights, current.shape[1:])
    if weights.ndim == 2:
        current = current.reshape(len(current), -1)
    # float64 holds every accumulator exactly (below 2**24 by the range rule) and multiplies far faster than
    # int64
    return np.rint(current.astype(np.float64) @ matrix.T.astype(np.float64)).astype(np.int64)


def depthwise(current: Ints, weights: Ints) -> Ints:
    """Multiply windows (N, OH, OW, KH*KW*C) with each channel's weights (C, 1, KH, KW): (N, OH, OW, C)."""
    taps = weights.reshape(len(weights), -1).T
    return (current.reshape(*current.shape[:-1], *taps.shape) * taps).sum(axis=-2)


def stream_order(weights: Ints, shape: Sequence[int]) -> Ints:
    """Return weights (O, inputs) in the order in which a stream of frames of ``shape`` brings the inputs."""
    if weights.ndim == 4:  # window order is KH, KW, C
        weights = weights.transpose(0, 2, 3, 1)
    elif len(shape) == 3:
        height, width, channels = shape
        weights = weights.reshape(-1, channels, height, width).transpose(0, 2, 3, 1)
    return weights.reshape(len(weights), -1)


def _pad(current: Ints, attributes: Mapping[str, Any], value: int = 0) -> Ints:
    top, left, bottom, right = attributes["Padding"]
    return np.pad(current, ((0, 0), (top, bottom), (left, right), (0, 0)), constant_values=value)


def windows(current: Ints, kernel: Sequence[int], stride: Sequence[int]) -> Ints:
    """Return the windows of (N, H, W, C) as (N, OH, OW, C, KH, KW)."""
    views = np.lib.stride_tricks.sliding_window_view(current, tuple(kernel), axis=(1, 2))
    return views[:, :: stride[0], :: stride[1]]


def _window(current: Ints, attributes: Mapping[str, Any]) -> Ints:
    """Return the windows of (N, H, W, C) as (N, OH, OW, elements in stream order)."""
    padded = _pad(current, attributes) if "Padding" in attributes else current
    views = windows(padded, attributes["ConvKernelDim"], attributes["Stride"])
    return views.transpose(0, 1, 2, 4, 5, 3).reshape(*views.shape[:3], -1)


PADDED = np.iinfo(np.int64).min
"""Padding of a pool: less than any integer of a stream."""


def pooled_windows(current: Ints, attributes: Mapping[str, Any]) -> Ints:
    """Return the windows of a pool over (N, H, W, C), padding included, (N, OH, OW, C, KH, KW)."""
    padded = _pad(current, attributes, PADDED)
    return windows(padded, attributes["KernelSize"], attributes["Stride"])


def _pool(current: Ints, attributes: Mapping[str, Any]) -> Ints:
    """Return the maximum over windows of (N, H, W, C), (N, OH, OW, C)."""
    return pooled_windows(current, attributes).max(axis=(4, 5))


SHAPERS = {"padding": _pad, "window": _window, "pool": _pool}
