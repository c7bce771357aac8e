"""Compares the constants in a layer's RTL with the exported graph's, by the layout of its block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.compile.segment import Node
from toolkit.core.errors import ArtifactError, VerificationMismatch
from toolkit.verify.structure.exported import (
    LayerConstants,
    LinearConstants,
    PoolConstants,
    QuantiserConstants,
)
from toolkit.verify.structure.rtl import Parameters, Rtl, signed

Ints = NDArray[np.int64]
_FIX = "The RTL was not made from this export, or was changed: compile again."


def weights(rtl: Rtl, segment: str, node: Node, layer: LinearConstants) -> tuple[int, int]:
    """Compare the weights of a product and its parameters; returns their numbers.

    Row group r, column group c is word ``r * (MW / SIMD) + c``; within it, PE p and lane s take bits
    ``[(p*SIMD + s)*WEIGHT_WIDTH +: WEIGHT_WIDTH]``, where output channel = ``r*PE + p`` and input element =
    ``c*SIMD + s``. Bits above are zero.

    Raises:
        VerificationMismatch: a weight or parameter differs; names layer, place and both values.
    """
    _plain_instance(rtl, segment, node)
    own, (outputs, inputs) = rtl.defaults(node.module), layer.weights.shape
    memory = rtl.instance(rtl.module(segment), "offramp_weights", f"{node.name}_weights")
    pe, simd, bits = (_number(node, own, name) for name in ("PE", "SIMD", "WEIGHT_WIDTH"))
    lanes = pe * simd * bits
    wanted = {
        **{"MW": inputs, "MH": outputs, "SIGNED_ACTIVATIONS": int(layer.signed)},
        **{"WIDTH": -(-lanes // 8) * 8, "DEPTH": -(-outputs // pe) * -(-inputs // simd)},
    }
    compared = _parameters(node, wanted, {**own, **memory})
    _require_room(node, layer, _number(node, own, "ACCU_WIDTH"))
    words = rtl.words(str(memory["INIT_FILE"]), wanted["DEPTH"], lanes)
    found = np.array(
        [
            [signed(word >> (lane * bits) & ((1 << bits) - 1), bits) for lane in range(pe * simd)]
            for word in words
        ]
    ).reshape(outputs // pe, inputs // simd, pe, simd)

    def place(output: int, element: int) -> str:
        word, lane = output // pe * (inputs // simd) + element // simd, (output % pe, element % simd)
        return f"output channel {output}, input {element} (word {word}, PE {lane[0]}, lane {lane[1]})"

    matrix = found.transpose(0, 2, 1, 3).reshape(outputs, inputs)
    return _equal(node, "weight", layer.weights, matrix, place), compared + 1


def depthwise(rtl: Rtl, segment: str, node: Node, layer: LinearConstants) -> tuple[int, int]:
    """Compare the weights of a depthwise product and its parameters; returns their numbers.

    Lane s of word w is input ``w*TAPS*PE + s`` of a window, which are ordered by tap, then channel.

    Raises:
        VerificationMismatch: a weight or parameter differs; names layer, place and both values.
    """
    _plain_instance(rtl, segment, node)
    own = rtl.instance(rtl.module(node.module), "offramp_depthwise", "block")
    channels, taps = layer.weights.shape
    memory = rtl.instance(rtl.module(segment), "offramp_weights", f"{node.name}_weights")
    lanes = _number(node, own, "PE") * _number(node, own, "TAPS")
    bits = _number(node, own, "WEIGHT_WIDTH")
    wanted = {
        **{"CHANNELS": channels, "KERNEL": taps, "SIGNED": int(layer.signed)},
        **{"WIDTH": -(-lanes * bits // 8) * 8, "DEPTH": channels * taps // lanes},
    }
    compared = _parameters(node, wanted, {**own, **memory})
    _require_room(node, layer, _number(node, own, "ACCU_WIDTH"))
    words = rtl.words(str(memory["INIT_FILE"]), wanted["DEPTH"], lanes * bits)
    found = [signed(word >> (s * bits) & ((1 << bits) - 1), bits) for word in words for s in range(lanes)]

    def place(channel: int, tap: int) -> str:
        word, lane = divmod(tap * channels + channel, lanes)
        return f"channel {channel}, tap {tap} (word {word}, lane {lane})"

    matrix = np.array(found, np.int64).reshape(taps, channels).T
    return _equal(node, "weight", layer.weights, matrix, place), compared + 1


def _require_room(node: Node, layer: LinearConstants, accumulator: int) -> None:
    """Check that accumulators of so many bits hold every sum of a layer."""
    low, high = -(1 << (accumulator - 1)), (1 << (accumulator - 1)) - 1
    if layer.low.min() < low or layer.high.max() > high:
        reached = f"room for {layer.low.min()} to {layer.high.max()}"
        raise _mismatch(node, "accumulator", reached, f"{accumulator} bits")


def thresholds(rtl: Rtl, segment: str, node: Node, layer: QuantiserConstants) -> tuple[int, int]:
    """Compare the thresholds of a quantiser and its parameters; returns their numbers.

    PE p has a memory per level of a binary tree over the N thresholds in ascending order: level s holds, per
    channel fold f, ``2**s`` words from address ``f * 2**s``, and word j is threshold
    ``(2*j + 1) * 2**(M-1-s) - 1``, M levels in all; those from N on are not used. An accumulator is limited
    to the WT bits of a threshold. Where all channels have the same thresholds, C is PE.

    Raises:
        VerificationMismatch: a threshold or parameter differs; names layer, channel and both values.
    """
    _plain_instance(rtl, segment, node)
    own, (channels, steps) = rtl.defaults(node.module), layer.thresholds.shape
    pe, bits, count = (_number(node, own, name) for name in ("PE", "WT", "C"))
    wanted = {"N": steps, "BIAS": layer.minimum, "SETS": 1, "USE_AXILITE": 0, "FPARG": 0}
    if layer.low.min() < 0:
        wanted["SIGNED"] = 1
    compared = _parameters(node, wanted, own)
    folds, levels = count // pe, steps.bit_length()
    found: Ints = np.zeros((count, steps), np.int64)
    for p in range(pe):
        for s in range(levels):
            image = f"{str(own['THRESHOLDS_PATH']).removeprefix('./')}threshs_{p}_{s}.dat"
            for address, word in enumerate(rtl.words(image, folds << s, bits)):
                index = (2 * (address % (1 << s)) + 1) * (1 << (levels - 1 - s)) - 1
                if index < steps:
                    found[(address >> s) * pe + p, index] = _limit(word, own)
    found = found[np.arange(channels) % count]

    def place(channel: int, index: int) -> str:
        lane = f"(PE {channel % pe}, fold {channel // pe})"
        return f"channel {channel}, step to {layer.minimum + index + 1} {lane}"

    reached = np.clip(found, layer.low[:, None], layer.high[:, None] + 1)
    return _equal(node, "threshold", layer.thresholds, reached, place), compared


def _limit(word: int, own: Parameters) -> int:
    """Return a threshold as the RTL compares it: accumulators wider than WT bits are limited to them."""
    bits, wide = int(own["WT"]), int(own["WI"])
    value = signed(word, bits) if own["SIGNED"] else word
    always = -(1 << (bits - 1)) if own["SIGNED"] else 0
    return -(1 << wide) if value == always and bits < wide else value


def bias(rtl: Rtl, segment: str, node: Node, layer: LinearConstants) -> tuple[int, int]:
    """Compare the constants that are added to accumulators; returns the numbers of biases and parameters.

    Channel c is at ``[c*BIAS_BITS +: BIAS_BITS]``.

    Raises:
        VerificationMismatch: a bias or parameter differs; names layer, channel and both values.
    """
    _plain_instance(rtl, segment, node)
    own = rtl.instance(rtl.module(node.module), "offramp_bias_add", "block")
    expected = np.array(layer.bias if layer.bias is not None else [0] * len(layer.weights), np.int64)
    compared = _parameters(node, {"CHANNELS": len(expected)}, own)
    bits, packed = _number(node, own, "BIAS_BITS"), _number(node, own, "BIAS")
    found = [signed(packed >> (c * bits) & ((1 << bits) - 1), bits) for c in range(len(expected))]
    return _equal(node, "bias", expected, np.array(found, np.int64), lambda c: f"channel {c}"), compared


def geometry(rtl: Rtl, segment: str, node: Node, layer: LinearConstants | PoolConstants, block: str) -> int:
    """Compare sizes, kernel, stride and padding of a block of ours; returns the number of parameters.

    Raises:
        VerificationMismatch: a parameter differs; names layer, parameter and both values.
    """
    _plain_instance(rtl, segment, node)
    own = rtl.instance(rtl.module(node.module), block, "block")
    return _parameters(node, layer.geometry, own)


def adder(rtl: Rtl, top: str, node: Node, bits: int) -> int:
    """Compare the sizes of a residual block's adder, of integers of so many bits; returns their number.

    Raises:
        VerificationMismatch: a parameter differs; names layer, parameter and both values.
    """
    own = rtl.instance(rtl.module(top), "offramp_add", f"{node.name}_part")
    return _parameters(node, {"LANES": node.input.lanes, "BITS": bits}, own)


def wanted_bias(layer: LayerConstants) -> bool:
    """Whether a layer needs constants of its own that are added to its accumulators."""
    return isinstance(layer, LinearConstants) and layer.bias is not None and any(layer.bias)


def _plain_instance(rtl: Rtl, segment: str, node: Node) -> None:
    """Check that the node's module is instantiated with the defaults of its parameters."""
    given = rtl.instance(rtl.module(segment), node.module, f"{node.name}_layer")
    if given:
        raise _mismatch(node, "parameters given to its instance", "none", dict(given))


def _parameters(node: Node, wanted: dict[str, int], own: Parameters) -> int:
    for name, value in wanted.items():
        if own.get(name) != value:
            raise _mismatch(node, f"parameter {name}", value, own.get(name, "none"))
    return len(wanted)


def _number(node: Node, own: Parameters, name: str) -> int:
    value = own.get(name)
    if not isinstance(value, int):
        raise ArtifactError(f"parameter {name} of {node.name}", expected="a number", found=value, fix=_FIX)
    return value


def _equal(node: Node, what: str, expected: Ints, found: Ints, place: Callable[..., str]) -> int:
    if expected.shape != found.shape:
        raise _mismatch(node, f"number of {what}s", expected.shape, found.shape)
    differs = expected != found
    if differs.any():
        first = tuple(int(i) for i in np.argwhere(differs)[0])
        more = f" ({int(differs.sum())} of {expected.size} differ)"
        raise _mismatch(
            node, f"{what} of {place(*first)}", int(expected[first]), f"{int(found[first])}{more}"
        )
    return int(expected.size)


def _mismatch(node: Node, what: str, expected: Any, found: Any) -> VerificationMismatch:
    where = f"layer {node.layer} ({node.kind} {node.name}), in the RTL: {what}"
    return VerificationMismatch(where, expected=expected, found=found, fix=_FIX)
