"""Describes the layers and the resources of the accelerators."""

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
    """Describe the layers of one accelerator.

    Args:
        accelerator: composed accelerator.
        sizing: sizes of its queues.
        interval: simulated cycles per frame in steady state, over the test frames.
    """
    last = len(accelerator.nodes) - 1
    queues = (*accelerator.depths[:last], None)
    ways = dict(zip((join.shortcut for join in accelerator.joins), accelerator.depths[last:], strict=False))
    layers = tuple(
        _layer(node, queue, ways.get(i))
        for i, (node, queue) in enumerate(zip(accelerator.nodes, queues, strict=True))
    )
    return Dataflow(
        name=accelerator.name,
        bound_cycles=max(layer.cycles for layer in layers),
        interval_cycles=interval,
        deep_interval_cycles=sizing.deep_interval,
        smallest_interval_cycles=sizing.smallest_interval,
        layers=layers,
    )


def _layer(node: Node, queue: int | None, way: int | None) -> Layer:
    return Layer(
        name=node.name,
        kind=node.kind,
        layer=node.layer,
        segment=_part(node).name,
        # FINN+ estimates 0 cycles for width converters; a stream takes at least one cycle per beat.
        cycles=max(node.cycles, node.input.beats, node.output.beats),
        input_type=node.input.dtype,
        input_lanes=node.input.lanes,
        output_type=node.output.dtype,
        output_lanes=node.output.lanes,
        queue=queue,
        shortcut_queue=way,
    )


def _part(node: Node) -> Part:
    return Part.named(node.layer.partition(".")[0])


def resources_of(accelerators: Sequence[Accelerator], made: Implementation | None) -> ResourceTable:
    """List resources per segment and per accelerator as estimated, and in total.

    Args:
        accelerators: exit paths.
        made: result of step bitstream, whose chip is the total; None: the total is the sum of the segments.
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
