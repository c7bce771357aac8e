"""Compares all constants of accelerators with those of the exported graphs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from toolkit.compile.segment import Node
from toolkit.compose.accelerator import Accelerator
from toolkit.core.errors import NothingCompared, VerificationMismatch
from toolkit.core.topology import Part
from toolkit.export import ExitGraphs
from toolkit.verify.result import Constants
from toolkit.verify.structure import layers as compare
from toolkit.verify.structure.exported import (
    LayerConstants,
    LinearConstants,
    PoolConstants,
    QuantiserConstants,
    layers,
)
from toolkit.verify.structure.rtl import Rtl


def require_structure(graphs: ExitGraphs, accelerators: Iterable[Accelerator]) -> Constants:
    """Compare weights, thresholds, biases and geometry in the RTL of every accelerator with the export.

    Args:
        graphs: exported graphs.
        accelerators: exit paths and stages of the same network, as they are simulated.

    Raises:
        VerificationMismatch: a constant differs, or a layer is missing; names layer, place and both values.
        ArtifactError: a module, instance or memory image is missing or damaged.
        NothingCompared: there are no accelerators.
    """
    known = {part: layers(graph) for part, graph in graphs.segments.items()}
    summed = {part.sum_name: graph.output.width for part, graph in graphs.segments.items()}
    found: Counter[str] = Counter()
    for accelerator in accelerators:
        _accelerator(accelerator, known, summed, found)
    if not found["weights"]:
        raise NothingCompared("constants of the RTL", expected="at least one accelerator", found="none")
    return Constants(**found)


def _accelerator(
    accelerator: Accelerator,
    known: dict[Part, list[LayerConstants]],
    summed: dict[str, int],
    found: Counter[str],
) -> None:
    rtl = Rtl(tuple(accelerator.path / source for source in accelerator.sources), accelerator.path / "data")
    wanted = {
        (type(layer), layer.name): (name, layer)
        for name in accelerator.segments
        for layer in known[Part.named(name)]
    }
    missing = {(kind, layer.name) for _, layer in wanted.values() for kind in _kinds(layer)}
    for node in accelerator.nodes:
        if node.kind == "add":
            found["parameters"] += compare.adder(rtl, accelerator.name, node, summed[node.layer])
        key = (_TYPES.get(node.kind), node.layer)
        if key not in wanted:
            continue
        segment, layer = wanted[key]
        _node(rtl, segment, node, layer, found)
        missing.discard((node.kind, node.layer))
    if missing:
        kind, name = min(missing)
        raise VerificationMismatch(
            f"layer {name} in the RTL of {accelerator.name}", expected=f"a {kind}", found="none"
        )


_TYPES: dict[str, type[LayerConstants]] = {
    "mvau": LinearConstants,
    "depthwise": LinearConstants,
    "bias": LinearConstants,
    "window": LinearConstants,
    "threshold": QuantiserConstants,
    "pool": PoolConstants,
}
"""Kinds of hardware layers with constants, and what they are in the export."""


def _kinds(layer: LayerConstants) -> tuple[str, ...]:
    """Return the kinds of hardware layers that a layer must have in any RTL."""
    if isinstance(layer, LinearConstants):
        product = "depthwise" if layer.depthwise else "mvau"
        return (product, "bias") if compare.wanted_bias(layer) else (product,)
    return ("threshold",) if isinstance(layer, QuantiserConstants) else ("pool",)


def _node(rtl: Rtl, segment: str, node: Node, layer: LayerConstants, found: Counter[str]) -> None:
    if isinstance(layer, QuantiserConstants):
        count, parameters = compare.thresholds(rtl, segment, node, layer)
        found["thresholds"] += count
    elif isinstance(layer, PoolConstants):
        parameters = compare.geometry(rtl, segment, node, layer, "offramp_maxpool_lines")
    elif node.kind == "mvau":
        count, parameters = compare.weights(rtl, segment, node, layer)
        found["weights"] += count
    elif node.kind == "depthwise":
        count, parameters = compare.depthwise(rtl, segment, node, layer)
        found["weights"] += count
    elif node.kind == "bias":
        count, parameters = compare.bias(rtl, segment, node, layer)
        found["biases"] += count
    elif "offramp_window" in rtl.module(node.module):
        parameters = compare.geometry(rtl, segment, node, layer, "offramp_window")
    else:  # FINN+'s generator computes its constants: simulation compares what they do
        parameters = 0
    found["parameters"] += parameters
