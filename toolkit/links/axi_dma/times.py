"""Latency and throughput of the exits on the chip and through the DMAs, at the DMAs' full rate."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.compose import Accelerator
from toolkit.core.stream import Stream
from toolkit.links.link import LineTimes
from toolkit.runtime.simulated import stage_streams

WORD_BYTES = 8
"""Bytes of a word of a DMA's stream, one per clock cycle."""


def line_times(
    stages: Sequence[Accelerator], cycles: Sequence[int | None], mhz: float
) -> tuple[LineTimes, ...]:
    """Compute latency and throughput of each exit; see :meth:`toolkit.links.ChipSide.times`.

    All DMAs share one port to the memory, with one word per cycle each way; a DMA's start and the host take
    no time here. ``wire_us`` is for one frame alone, whose transfers and stages follow each other.
    """
    found, read, written = [], 0, 0
    for k, (stage, taken) in enumerate(zip(stages, cycles, strict=True)):
        streams = stage_streams(stage.design())
        read += _words(streams.input)
        written += _words(streams.logits)
        chip_us = None if taken is None else taken / mhz
        # A frame that leaves here has its feature map written as well: the stage gives it to every frame.
        outputs = written + (0 if streams.feature_map is None else _words(streams.feature_map))
        found.append(
            LineTimes(
                index=k,
                chip_cycles=taken,
                chip_us=chip_us,
                wire_us=None if chip_us is None else (read + written) / mhz + chip_us,
                link_frames_per_s=mhz * 1e6 / max(read, outputs),
                chip_frames_per_s=None if chip_us is None else 1e6 / chip_us,
            )
        )
        written = outputs
    return tuple(found)


def _words(stream: Stream) -> int:
    return -(-stream.frame_bytes // WORD_BYTES)
