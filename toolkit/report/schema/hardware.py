"""What was built and how it was checked."""

from __future__ import annotations

from typing import Literal

from toolkit.report.schema.basis import Count, Cycles, Origin, Part


class Verification(Part):
    """Hardware against software. ``layers``: streams between layers compared, 0 if not asked for.

    ``frames`` went through without stalls, ``stall_frames`` under each other pattern.
    """

    frames: Cycles
    layers: Count
    compared: Cycles
    mismatches: Literal[0]
    stall_patterns: tuple[str, ...]
    stall_frames: Count
    pytorch_differing_frames: Count


class Usage(Part):
    """Resources of one part; ``bram`` in blocks of 18 Kb."""

    lut: Count
    bram: Count
    dsp: Count
    uram: Count


class Resources(Usage, Origin):
    """Every segment once, or the whole chip after place and route; per segment and accelerator as estimated.

    ``ff``: flip-flops; None where nobody counted them.
    """

    ff: Count | None = None
    segments: dict[str, Usage]
    accelerators: dict[str, Usage]


class Layer(Part):
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


class Dataflow(Part):
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
