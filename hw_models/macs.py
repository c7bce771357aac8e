"""Multiply-accumulates (MACs) per frame, counted three ways, and parameters.

The ways differ in which heads they include:

* *exit path* ``k`` is trunk 0..k and head ``k``: what exit ``k`` costs alone. The last one is the static
  baseline.
* *cascade* to exit ``k`` is the cost of a frame that leaves at exit ``k``: trunk 0..k and **every** head
  0..k, since the heads of earlier exits are computed as well.
* *stage* ``k`` is the cost of going on from exit ``k - 1`` to exit ``k``: trunk ``k`` and head ``k``.
  Published figures for the B-LeNet models are these ("249,600 to exit 0, then 1,227,200" for ``b_lenet_se``).

So with p the share of frames leaving at exit 0 of two, the mean cost is ``stage[0] + (1 - p) * stage[1]``, to
be compared with ``static_baseline_macs``. Bias additions, pooling and quantisers are not counted; padded
positions are.
"""

from __future__ import annotations

from itertools import accumulate
from math import prod

from hw_models.lowering import bit_widths, lower
from hw_models.quant import QuantConfig
from hw_models.spec import Conv, Linear, NetworkSpec
from toolkit.core.topology import Part

PIXEL_BITS = 8


def segment_macs(spec: NetworkSpec) -> dict[Part, int]:
    """Return the MACs of trunk 0, head 0, trunk 1, ..."""
    return {
        part: sum(named.layer.macs(named.input_shape) for named in layers) for part, layers in spec.segments()
    }


def segment_parameters(spec: NetworkSpec) -> dict[Part, int]:
    """Return the weights and biases of trunk 0, head 0, trunk 1, ..."""
    return {
        part: sum(named.layer.parameters(named.input_shape) for named in layers)
        for part, layers in spec.segments()
    }


def macs_of_stage(spec: NetworkSpec) -> tuple[int, ...]:
    """Return the MACs of each stage k: trunk k and head k."""
    macs = segment_macs(spec)
    return tuple(sum(macs[part] for part in spec.topology.stage(k)) for k in spec.topology.indices)


def macs_to_exit(spec: NetworkSpec) -> tuple[int, ...]:
    """Return the MACs of a frame that leaves at each exit k of the cascade, including earlier heads."""
    return tuple(accumulate(macs_of_stage(spec)))


def macs_of_path(spec: NetworkSpec) -> tuple[int, ...]:
    """Return the MACs of each exit path k: trunk 0..k and head k, no other head."""
    macs = segment_macs(spec)
    return tuple(sum(macs[part] for part in spec.topology.path(k)) for k in spec.topology.indices)


def static_baseline_macs(spec: NetworkSpec) -> int:
    """Return the MACs of the backbone with the last head and no early exit."""
    return macs_of_path(spec)[-1]


def least_cycles(spec: NetworkSpec) -> int:
    """Return the fewest cycles per frame of any design: a layer takes or gives one position in a cycle."""
    shapes = [spec.input_shape, *(named.output_shape for _, layers in spec.segments() for named in layers)]
    return max(prod(shape[1:]) for shape in shapes)


def products(spec: NetworkSpec, quant: QuantConfig) -> dict[Part, list[tuple[int, int, int]]]:
    """Return, per segment, (MACs, weight bits, activation bits) of every layer that multiplies."""
    found: dict[Part, list[tuple[int, int, int]]] = {}
    widths, topology, behind = bit_widths(spec, quant), spec.topology, dict[Part, int]()
    for part, operations in lower(spec).items():
        bits, found[part] = max((behind[one] for one in topology.sources(part)), default=PIXEL_BITS), []
        for one in operations:
            if isinstance(one.layer, Conv | Linear):
                found[part].append((one.layer.macs(one.input_shape), widths[one.name], bits))
            elif one.kind == "act":
                bits = widths[one.name]
        behind[part] = bits
    return found
