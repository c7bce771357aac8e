"""The accelerators as a report shows them: layer by layer, and what they take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from toolkit.compile.segment import Node
from toolkit.compose import Accelerator, Sizing
from toolkit.core.topology import Part
from toolkit.core.usage import Usage
from toolkit.implement import Implementation
from toolkit.report.schema import Dataflow, Layer, ResourceTable

SOURCE = "FINN+ estimate for AMD parts, layer by layer; queues and wiring are not counted"


def dataflow_of(accelerator: Accelerator, sizing: Sizing, interval: int) -> Dataflow:
    """The layers of one accelerator.

    Args:
        accelerator: composed.
        sizing: of its queues.
        interval: cycles per frame in steady state over the test frames, simulated.
    """
    queues = (*accelerator.depths, None)
    layers = tuple(_layer(node, queue) for node, queue in zip(accelerator.nodes, queues, strict=True))
    return Dataflow(
        name=accelerator.name,
        bound_cycles=max(layer.cycles for layer in layers),
        interval_cycles=interval,
        deep_interval_cycles=sizing.deep_interval,
        smallest_interval_cycles=sizing.smallest_interval,
        layers=layers,
    )


def _layer(node: Node, queue: int | None) -> Layer:
    return Layer(
        name=node.name,
        kind=node.kind,
        layer=node.layer,
        segment=_part(node).name,
        # FINN+ says 0 for width converters; a stream takes a cycle per beat at least.
        cycles=max(node.cycles, node.input.beats, node.output.beats),
        input_type=node.input.dtype,
        input_lanes=node.input.lanes,
        output_type=node.output.dtype,
        output_lanes=node.output.lanes,
        queue=queue,
    )


def _part(node: Node) -> Part:
    return Part.named(node.layer.partition(".")[0])


def resources_of(accelerators: Sequence[Accelerator], made: Implementation | None) -> ResourceTable:
    """Per segment and per accelerator as estimated; in all the same, or the whole chip if one was made.

    Args:
        made: the bitstream, None without one.
    """
    nodes = {node.name: node for accelerator in accelerators for node in accelerator.nodes}
    parts = sorted({_part(node) for node in nodes.values()})
    whole: dict[str, Any] = {**dict(_usage(nodes.values())), "provenance": "estimated", "source": SOURCE}
    if made is not None:
        whole |= {key: use.used for key, use in made.use.items()} | {"uram": 0}
        source = f"{made.source}: the whole chip; segments and accelerators: {SOURCE}"
        whole |= {"provenance": made.provenance, "source": source}
    return ResourceTable(
        **whole,
        segments={
            part.name: _usage(node for node in nodes.values() if _part(node) == part) for part in parts
        },
        accelerators={one.name: _usage(one.nodes) for one in accelerators},
    )


def _usage(nodes: Iterable[Node]) -> Usage:
    return Usage.total(node.resources for node in nodes)
