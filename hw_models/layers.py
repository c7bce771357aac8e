"""The layers that networks are made of, as data: shapes, multiply-accumulates, parameters. No PyTorch."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, prod
from typing import ClassVar

from toolkit.core.errors import BadOption

Pair = tuple[int, int]
Shape = tuple[int, ...]


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
    """2-D convolution, (C, H, W) -> (out_channels, H', W').

    With as many groups as channels, before and behind it, it is depthwise: a window for each channel.
    """

    out_channels: int
    kernel: int | Pair
    padding: int | Pair = 0
    stride: int | Pair = 1
    bias: bool = True
    groups: int = 1
    kind: ClassVar[str] = "conv"

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape of one frame after this layer."""
        _need_image(shape, self.kind)
        _need_outputs(self.out_channels, self.kind)
        if self.groups != 1 and not self.groups == shape[0] == self.out_channels:
            raise BadOption(
                "grouped convolution",
                expected=f"1 group, or {shape[0]} groups and {shape[0]} output channels (depthwise)",
                found=f"{self.groups} groups, {self.out_channels} output channels",
            )
        return (
            self.out_channels,
            *_window(shape, pair(self.kernel), pair(self.stride), pair(self.padding), "conv"),
        )

    def macs(self, shape: Shape) -> int:
        """Return the multiply-accumulates for one frame of ``shape``, padding counted."""
        out = self.output_shape(shape)
        kernel = pair(self.kernel)
        return out[0] * out[1] * out[2] * shape[0] // self.groups * kernel[0] * kernel[1]

    def parameters(self, shape: Shape) -> int:
        """Return the number of weights and biases for frames of ``shape``."""
        return self.out_channels * (shape[0] // self.groups * prod(pair(self.kernel)) + self.bias)


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


@dataclass(frozen=True)
class BatchNorm:
    """Batch normalisation of the outputs of the convolution or linear layer directly before it.

    In float training it uses, and tracks, the statistics of batches with this ``momentum``; they stay in
    quantised training. In hardware there is none: it is folded into weights and biases of that layer.
    """

    eps: float = 1e-5
    momentum: float = 0.1
    affine: bool = True
    kind: ClassVar[str] = "norm"

    def output_shape(self, shape: Shape) -> Shape:
        """Return the same shape."""
        for name, value, above in (("eps", self.eps, 0.0), ("momentum", self.momentum, 1.0)):
            if not (isfinite(value) and value > 0 and (not above or value <= above)):
                expected = f"above 0, up to {above:g}" if above else "a finite number above 0"
                raise BadOption(f"{name} of batch normalisation", expected=expected, found=value)
        return shape

    def macs(self, shape: Shape) -> int:
        """Return 0: it is folded."""
        return 0

    def parameters(self, shape: Shape) -> int:
        """Return the number of factors and summands for frames of ``shape``."""
        return 2 * shape[0] * self.affine


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
class AvgPool(_Passive):
    """Average pooling, global with a kernel as large as the map: an integer sum, the division in its scale.

    In hardware it divides by the smallest power of two that is not below the number of positions of a window,
    so that scales stay powers of two; the weights behind it make up for the rest. ``stride`` defaults to the
    kernel.
    """

    kernel: int | Pair
    stride: int | Pair | None = None
    kind: ClassVar[str] = "mean"

    @property
    def step(self) -> Pair:
        """Effective stride, (height, width)."""
        return pair(self.kernel if self.stride is None else self.stride)

    @property
    def exponent(self) -> int:
        """Logarithm of the power of two by which sums are divided."""
        return (prod(pair(self.kernel)) - 1).bit_length()

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape of one frame after this layer."""
        _need_image(shape, self.kind)
        return (shape[0], *_window(shape, pair(self.kernel), self.step, (0, 0), self.kind))


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


Layer = Conv | Linear | BatchNorm | MaxPool | AvgPool | Relu | Flatten | Dropout
