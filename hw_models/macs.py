"""Multiply-accumulates (MACs) per frame, counted three ways.

The ways differ in which heads they include:

* *exit path* ``k`` is trunk 0..k and head ``k``: what exit ``k`` costs alone. The last one is the static
  baseline.
* *cascade* to exit ``k`` is what a frame that leaves at exit ``k`` has cost: trunk 0..k and **every** head
  0..k, since each earlier exit was tried and declined.
* *step* ``k`` is what going on from exit ``k - 1`` to exit ``k`` adds: trunk ``k`` and head ``k``. Published
  figures for the B-LeNet models are these ("249,600 to exit 0, then 1,227,200" for ``b_lenet_se``).

So with p the share of frames leaving at exit 0 of two, the mean cost is ``step[0] + (1 - p) * step[1]``, to
be compared with ``static_baseline_macs``. Bias additions, pooling and quantisers are not counted; padded
positions are.
"""

from __future__ import annotations

from itertools import accumulate

from hw_models.quant import QuantConfig
from hw_models.spec import Conv, Linear, NamedLayer, NetworkSpec

PIXEL_BITS = 8


def segment_macs(spec: NetworkSpec) -> dict[str, int]:
    """MACs of each segment: ``{"trunk0": .., "head0": .., ...}``."""
    return {
        segment: sum(named.layer.macs(named.input_shape) for named in layers)
        for segment, layers in spec.segments()
    }


def macs_steps(spec: NetworkSpec) -> tuple[int, ...]:
    """MACs that trunk k and head k add, per exit."""
    macs = segment_macs(spec)
    return tuple(macs[f"trunk{k}"] + macs[f"head{k}"] for k in range(spec.exits))


def macs_to_exit(spec: NetworkSpec) -> tuple[int, ...]:
    """MACs spent by a frame that leaves at exit k of the cascade, earlier heads included."""
    return tuple(accumulate(macs_steps(spec)))


def macs_of_path(spec: NetworkSpec) -> tuple[int, ...]:
    """MACs of exit path k alone: trunk 0..k and head k, no other head."""
    macs = segment_macs(spec)
    trunks = accumulate(macs[f"trunk{k}"] for k in range(spec.exits))
    return tuple(trunk + macs[f"head{k}"] for k, trunk in enumerate(trunks))


def static_baseline_macs(spec: NetworkSpec) -> int:
    """MACs of the same backbone and final head with no early exit."""
    return macs_of_path(spec)[-1]


def products(spec: NetworkSpec, quant: QuantConfig) -> dict[str, list[tuple[int, int, int]]]:
    """Per segment, (MACs, weight bits, activation bits) of every layer that multiplies."""
    found: dict[str, list[tuple[int, int, int]]] = {}
    on_trunk = PIXEL_BITS
    for segment, layers in spec.segments():
        weighted = [named for named in layers if isinstance(named.layer, Conv | Linear)]
        bits, found[segment] = on_trunk, []
        for named in weighted:
            widths = _widths(quant, segment, named, weighted, first=not any(found.values()))
            found[segment].append((named.layer.macs(named.input_shape), widths[0], bits))
            bits = widths[1]
        if segment.startswith("trunk"):
            on_trunk = bits
    return found


def _widths(
    quant: QuantConfig, segment: str, named: NamedLayer, weighted: list[NamedLayer], *, first: bool
) -> tuple[int, int]:
    classifier = segment.startswith("head") and named is weighted[-1]
    return quant.widths(named.name, first=first, classifier=classifier)
