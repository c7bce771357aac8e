"""The accelerators that were built, layer by layer."""

from __future__ import annotations

from toolkit.core.artifact import Record
from toolkit.core.quantities import Count, Cycles, Origin
from toolkit.core.usage import Usage


class ResourceTable(Usage, Origin):
    """Every segment once, or the whole chip after place and route; per segment and accelerator as estimated.

    ``ff``: flip-flops; None where nobody counted them.
    """

    ff: Count | None = None
    segments: dict[str, Usage]
    accelerators: dict[str, Usage]


class Layer(Record):
    """One hardware layer of an accelerator.

    ``cycles``: per frame, FINN+'s estimate and never less than the beats of its streams. ``queue``: depth of
    the queue behind it, None behind the last.
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


class Dataflow(Record):
    """The layers of one accelerator in stream order.

    ``bound_cycles``: of its slowest layer; ``interval_cycles``: cycles per frame in steady state, also with
    endless queues and with queues of depth 2.
    """

    name: str
    bound_cycles: Cycles
    interval_cycles: Cycles
    deep_interval_cycles: Cycles
    smallest_interval_cycles: Cycles
    layers: tuple[Layer, ...]
