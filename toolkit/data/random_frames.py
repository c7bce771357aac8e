"""``random``: frames drawn by seed, in the shape of a QONNX file's input, for one without data."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from toolkit.core.errors import ArtifactError, UnsupportedOperator, one_line
from toolkit.core.reading import read_onnx, reading
from toolkit.data.dataset import Dataset, Split
from toolkit.data.request import Request

if TYPE_CHECKING:
    from onnx import ModelProto, ValueInfoProto

NAME = "random"
FRAMES = 1000
"""Frames that are drawn, fewer of large ones."""
_MOST = 2**28  # elements of all frames
LARGEST = 2**24
"""Elements of a frame at most."""


def load(request: Request) -> Dataset:
    """Draw frames for the file that the request names as the user's own data; they are all for test.

    Raises:
        ArtifactError, UnsupportedOperator: the file is damaged, or has no input of one shape.
    """
    shape = frame_shape(input_shape(request.own.where(NAME)))
    count = min(FRAMES, _MOST // prod(shape))
    drawn = np.random.default_rng(request.seed).integers(0, 256, (count, *shape), np.uint8)
    none = Split(np.zeros((0, *shape), np.uint8), np.zeros(0, np.int64))
    return Dataset(NAME, (), none, none, none, Split(drawn, np.zeros(count, np.int64)))


def frame_shape(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Return the shape (C, H, W) of a frame for an input (C, H, W) or (F,)."""
    *front, last = shape
    channels, height = front or (1, 1)
    return channels, height, last


def input_shape(path: Path) -> tuple[int, ...]:
    """Return the shape of one input of an ONNX file, (C, H, W) or (F,); errors as of :func:`shape_of`."""
    with reading(str(path), "an ONNX graph"):
        return shape_of(path, input_of(path, read_onnx(path)))


def input_of(path: Path, model: ModelProto) -> ValueInfoProto:
    """Return the input of a graph that is no constant.

    Raises:
        UnsupportedOperator: there are more than one, or several outputs.
    """
    held = {one.name for one in model.graph.initializer}
    found = [one for one in model.graph.input if one.name not in held]
    if len(found) != 1 or len(model.graph.output) != 1:
        there = f"{len(found)} and {len(model.graph.output)}"
        raise UnsupportedOperator(f"inputs and outputs of {path}", expected="one of each", found=there)
    return found[0]


def shape_of(path: Path, source: ValueInfoProto) -> tuple[int, ...]:
    """Return the shape of one input, without the batch.

    Raises:
        ArtifactError: it is not for one frame, of (C, H, W) or (F,) in numbers.
    """
    dims = source.type.tensor_type.shape.dim
    shape = [one.dim_value if one.HasField("dim_value") else one.dim_param or "?" for one in dims]
    sizes = [one for one in shape if isinstance(one, int) and one > 0]
    if len(sizes) < len(shape) or len(shape) not in (2, 4) or sizes[0] != 1 or prod(sizes) > LARGEST:
        raise ArtifactError(
            one_line(f"{path}: input '{source.name}'"),
            expected="shape 1xCxHxW or 1xF in numbers, of at most 2^24 elements",
            found=one_line("x".join(map(str, shape))) or "no shape",
            fix="Export it for one frame, without dynamic axes.",
        )
    return tuple(sizes[1:])
