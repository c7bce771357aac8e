"""The layers and resources of the accelerators."""

from __future__ import annotations

from toolkit.core.artifact import Record
from toolkit.core.quantities import Count, Cycles, Origin
from toolkit.core.usage import Usage


class ResourceTable(Usage, Origin):
    """Resources in total, and per segment and accelerator as estimated.

    The total is the sum over the segments, or the whole chip after place and route. ``ff``: flip-flops; None
    if not counted.
    """

    ff: Count | None = None
    segments: dict[str, Usage]
    accelerators: dict[str, Usage]


class Layer(Record):
    """One hardware layer of an accelerator.

    Attributes:
        cycles: cycles per frame: FINN+'s estimate, at least the beats of its streams.
        queue: depth of the queue behind it; None behind the last layer.
        shortcut_queue: depth of the queue in front of it, if it begins the shortcut of a residual block.
    """

    name: str
    kind: str
    layer: str
    segment: str
    cycles: Count
    input_type: str
    input_lanes: Cycles
    output_type: str
    output_lanes: Cycles
    queue: Count | None
    shortcut_queue: Count | None = None


class Dataflow(Record):
    """The layers of one accelerator in stream order.

    Attributes:
        bound_cycles: cycles per frame of its slowest layer.
        interval_cycles: cycles per frame in steady state.
        deep_interval_cycles, smallest_interval_cycles: the same with endless queues, and with depth 2;
            the latter None if they deadlock.
    """

    name: str
    bound_cycles: Cycles
    interval_cycles: Cycles
    deep_interval_cycles: Cycles
    smallest_interval_cycles: Cycles | None
    layers: tuple[Layer, ...]
