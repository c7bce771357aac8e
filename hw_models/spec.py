"""The description of a network as data: layers, segments, exits. No PyTorch.

A :class:`NetworkSpec` lists one *trunk* and one *head* per exit. Trunk ``k`` holds the backbone layers
between exit ``k - 1`` and exit ``k``; head ``k`` classifies the output of trunk ``k``. The quantised and the
float network are built from the same description, so they cannot drift apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isfinite, prod
from typing import ClassVar

from toolkit.core.errors import BadOption
from toolkit.core.topology import Part, Topology, head

Pair = tuple[int, int]
Shape = tuple[int, ...]
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
"""Names of networks, which become part of the names of folders and files."""


def pair(value: int | Pair) -> Pair:
    """Return (height, width); one number stands for both.

    Raises:
        BadOption: neither a whole number nor two of them.
    """
    found = (value, value) if isinstance(value, int) else tuple(value)
    if len(found) != 2 or not all(isinstance(one, int) for one in found):
        raise BadOption("window", expected="a whole number, or two (height, width)", found=value)
    return found


def _window(shape: Shape, kernel: Pair, stride: Pair, padding: Pair, what: str) -> Pair:
    sizes = []
    for size, k, s, p in zip(shape[1:], kernel, stride, padding, strict=True):
        if k < 1 or s < 1 or p < 0:
            raise BadOption(f"{what} has an impossible window", expected="kernel, stride >= 1, padding >= 0")
        if size + 2 * p < k:
            raise BadOption(
                f"{what} has a window larger than its input", expected=f"at most {size + 2 * p}", found=k
            )
        sizes.append((size + 2 * p - k) // s + 1)
    return sizes[0], sizes[1]


def pooled(size: int, kernel: int, stride: int, padding: int, *, ceil: bool) -> Pair:
    """Return the number of windows of a pool along one axis, and how many lines behind the map they reach.

    Args:
        size: lines of the map.
        kernel, stride: of the pool.
        padding: lines before the map, and as many behind it.
        ceil: whether a last window may be cut off, if it starts inside the map or the padding before it.
    """
    span = size + 2 * padding - kernel
    last = -(-span // stride) if ceil else span // stride
    if ceil and last * stride >= size + padding:
        last -= 1
    return last + 1, max(0, last * stride + kernel - padding - size)


def _need_image(shape: Shape, what: str) -> None:
    if len(shape) != 3:
        raise BadOption(f"{what} needs a feature map", expected="shape (C, H, W)", found=shape)


def _need_outputs(count: int, what: str) -> None:
    if count < 1:
        raise BadOption(f"{what} has no outputs", expected="at least 1", found=count)


@dataclass(frozen=True)
class Conv:
    """2-D convolution, (C, H, W) -> (out_channels, H', W')."""

    out_channels: int
    kernel: int | Pair
    padding: int | Pair = 0
    stride: int | Pair = 1
    bias: bool = True
    kind: ClassVar[str] = "conv"

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape of one frame after this layer."""
        _need_image(shape, self.kind)
        _need_outputs(self.out_channels, self.kind)
        return (
            self.out_channels,
            *_window(shape, pair(self.kernel), pair(self.stride), pair(self.padding), "conv"),
        )

    def macs(self, shape: Shape) -> int:
        """Return the multiply-accumulates for one frame of ``shape``, padding counted."""
        out = self.output_shape(shape)
        kernel = pair(self.kernel)
        return out[0] * out[1] * out[2] * shape[0] * kernel[0] * kernel[1]

    def parameters(self, shape: Shape) -> int:
        """Return the number of weights and biases for frames of ``shape``."""
        return self.out_channels * (shape[0] * prod(pair(self.kernel)) + self.bias)


@dataclass(frozen=True)
class Linear:
    """Fully connected layer, features (F,) -> (out_features,)."""

    out_features: int
    bias: bool = True
    kind: ClassVar[str] = "linear"

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape of one frame after this layer."""
        if len(shape) != 1:
            raise BadOption("linear needs a flat input", expected="shape (F,)", found=shape)
        _need_outputs(self.out_features, self.kind)
        return (self.out_features,)

    def macs(self, shape: Shape) -> int:
        """Return the multiply-accumulates for one frame."""
        self.output_shape(shape)
        return shape[0] * self.out_features

    def parameters(self, shape: Shape) -> int:
        """Return the number of weights and biases for frames of ``shape``."""
        return self.out_features * (shape[0] + self.bias)


class _Passive:
    """Base of layers without multiplications and parameters."""

    def macs(self, shape: Shape) -> int:
        """Return 0."""
        return 0

    def parameters(self, shape: Shape) -> int:
        """Return 0."""
        return 0


@dataclass(frozen=True)
class MaxPool(_Passive):
    """Max-pooling with PyTorch's rules.

    ``stride`` defaults to the kernel. ``padding``, at most half the kernel, adds lines at all four sides that
    never win. With ``ceil`` a last window may be cut off at the border, as long as it starts inside the map.
    """

    kernel: int | Pair
    stride: int | Pair | None = None
    padding: int | Pair = 0
    ceil: bool = False
    kind: ClassVar[str] = "pool"

    @property
    def step(self) -> Pair:
        """Effective stride, (height, width)."""
        return pair(self.kernel if self.stride is None else self.stride)

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape of one frame after this layer."""
        _need_image(shape, self.kind)
        kernel, padding = pair(self.kernel), pair(self.padding)
        if self.ceil:  # a map may be smaller than the window, which starts inside and is cut off
            reached = tuple(size + step - 1 for size, step in zip(shape[1:], self.step, strict=True))
            _window((shape[0], *reached), kernel, self.step, padding, self.kind)
        else:
            _window(shape, kernel, self.step, padding, self.kind)
        if any(2 * p > k for p, k in zip(padding, kernel, strict=True)):
            raise BadOption("pool has too much padding", expected="at most half the kernel", found=padding)
        return (shape[0], *(count for count, _ in self._axes(shape)))

    def sides(self, shape: Shape) -> tuple[int, int, int, int]:
        """Return how many lines the windows reach over the map: top, left, bottom, right."""
        (_, bottom), (_, right) = self._axes(shape)
        return (*pair(self.padding), bottom, right)

    def _axes(self, shape: Shape) -> list[Pair]:
        axes = zip(shape[1:], pair(self.kernel), self.step, pair(self.padding), strict=True)
        return [pooled(size, k, s, p, ceil=self.ceil) for size, k, s, p in axes]


@dataclass(frozen=True)
class Relu(_Passive):
    """max(x, 0); in hardware an unsigned activation quantiser."""

    kind: ClassVar[str] = "relu"

    def output_shape(self, shape: Shape) -> Shape:
        """Return the same shape."""
        return shape


@dataclass(frozen=True)
class Flatten(_Passive):
    """(C, H, W) -> (C*H*W,), channels outermost as in PyTorch."""

    kind: ClassVar[str] = "flatten"

    def output_shape(self, shape: Shape) -> Shape:
        """Return the number of elements."""
        return (prod(shape),)


@dataclass(frozen=True)
class Dropout(_Passive):
    """In training, each value is 0 with probability ``share``; otherwise nothing."""

    share: float = 0.5
    kind: ClassVar[str] = "dropout"

    def output_shape(self, shape: Shape) -> Shape:
        """Return the same shape."""
        if not 0 <= self.share < 1:
            raise BadOption("dropout", expected="a share from 0 to less than 1", found=self.share)
        return shape


Layer = Conv | Linear | MaxPool | Relu | Flatten | Dropout


@dataclass(frozen=True)
class NamedLayer:
    """A layer of a segment: full name (``trunk0.conv0``), shapes of one frame before and after it."""

    name: str
    layer: Layer
    input_shape: Shape
    output_shape: Shape


@dataclass(frozen=True)
class NetworkSpec:
    """An early-exit network.

    Args:
        name: name on the command line.
        input_shape: shape (C, H, W) of one frame.
        classes: number of classes of every exit.
        trunks: layers of trunk 0, 1, ...
        heads: layers of head 0, 1, ...; each ends in a ``Linear`` to ``classes``.
        exit_weights: weight of each exit in the joint training loss.

    Raises:
        BadOption: layers that do not fit together, or of which no hardware can be made; names layer or part.
    """

    name: str
    input_shape: tuple[int, int, int]
    classes: int
    trunks: tuple[tuple[Layer, ...], ...]
    heads: tuple[tuple[Layer, ...], ...]
    exit_weights: tuple[float, ...] = field(default=())

    def __post_init__(self) -> None:
        counts = {len(self.trunks), len(self.heads), len(self.exit_weights)}
        if len(counts) != 1 or not self.trunks:
            raise BadOption(
                f"network '{self.name}'",
                expected="one trunk, head and loss weight per exit",
                found=f"{len(self.trunks)} trunks, {len(self.heads)} heads, {len(self.exit_weights)} weights",
            )
        if not NAME.fullmatch(self.name):
            raise BadOption(
                "name of a network", expected="letters, digits and _, at most 64", found=repr(self.name)
            )
        for k, layers in enumerate(self.heads):
            if not layers or not isinstance(layers[-1], Linear) or layers[-1].out_features != self.classes:
                raise BadOption(
                    f"{head(k)} of network '{self.name}'", expected=f"a last layer Linear({self.classes})"
                )
        if len(self.input_shape) != 3 or min(self.input_shape) < 1:
            raise BadOption(
                f"images of network '{self.name}'", expected="shape (C, H, W)", found=self.input_shape
            )
        if not all(isfinite(weight) and weight >= 0 for weight in self.exit_weights):
            raise BadOption(
                f"loss weights of network '{self.name}'",
                expected="finite numbers, not negative",
                found=self.exit_weights,
            )
        for part, named in self.segments():  # computes every shape, so layers that do not fit are refused
            _require_hardware(part, named, self.name)

    @property
    def exits(self) -> int:
        """Number of exits."""
        return len(self.trunks)

    @property
    def topology(self) -> Topology:
        """Parts of the network and the chains that they form."""
        return Topology(self.exits)

    def backbone(self) -> NetworkSpec:
        """Return the network without early exits: one trunk with all layers, and the last head."""
        trunk = tuple(layer for trunk in self.trunks for layer in trunk)
        return NetworkSpec(
            f"{self.name}_backbone", self.input_shape, self.classes, (trunk,), self.heads[-1:], (1.0,)
        )

    def segments(self) -> Iterator[tuple[Part, tuple[NamedLayer, ...]]]:
        """Yield trunk 0, head 0, trunk 1, head 1, ... with their layers."""
        shape: Shape = self.input_shape
        for part in self.topology:
            layers = _name_layers(part, (self.heads if part.is_head else self.trunks)[part.k], shape)
            yield part, layers
            if layers and not part.is_head:
                shape = layers[-1].output_shape


def _require_hardware(part: Part, layers: tuple[NamedLayer, ...], network: str) -> None:
    """Refuse segments that cannot be hardware: with nothing to do, or that end in a flattened map."""
    if not any(isinstance(named.layer, (Conv, Linear, MaxPool)) for named in layers):
        raise BadOption(
            f"{part} of network '{network}'",
            expected="at least one convolution, linear layer or pool",
            found=", ".join(named.layer.kind for named in layers) or "no layer",
            fix="Two exits with nothing between them are one.",
        )
    for index, named in enumerate(layers):
        passive = (Relu, Flatten, Dropout)
        following = [after.layer for after in layers[index + 1 :] if not isinstance(after.layer, passive)]
        flattens = isinstance(named.layer, Flatten) and len(named.input_shape) == 3
        if (flattens or isinstance(named.layer, Dropout)) and not following:
            reader = "linear layer" if flattens else "layer with weights or a pool"
            raise BadOption(
                f"layer {named.name}",
                expected=f"a {reader} after it in its segment",
                found="the segment's end",
                fix="Move it to the segments with the layers that read it.",
            )


def _name_layers(part: Part, layers: tuple[Layer, ...], shape: Shape) -> tuple[NamedLayer, ...]:
    counts: dict[str, int] = {}
    named = []
    for layer in layers:
        index = counts.setdefault(layer.kind, 0)
        counts[layer.kind] += 1
        name = f"{part}.{layer.kind}{index}"
        try:
            out = layer.output_shape(shape)
        except BadOption as error:
            raise error.renamed(f"layer {name}: {error.what}") from None
        named.append(NamedLayer(name, layer, shape, out))
        shape = out
    return tuple(named)
