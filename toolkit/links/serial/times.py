"""Latency and throughput of the exits on the chip and over a link of packets."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.compose import Accelerator
from toolkit.compose.accelerator import OUTPUT
from toolkit.links.link import LineTimes
from toolkit.links.serial.protocol import Packet

RESULT_BYTES = 8  # cycles until logits and feature map, in front of the logits


def line_times(
    stages: Sequence[Accelerator], cycles: Sequence[int | None], mhz: float, us_per_byte: float
) -> tuple[LineTimes, ...]:
    """Compute latency and throughput of each exit; see :meth:`toolkit.links.ChipSide.times`.

    ``wire_us`` is from the first bit of the request to the last bit of the answer, without host and USB.
    ``link_frames_per_s`` is for images sent back to back, while answers use the other direction.

    Args:
        us_per_byte: microseconds that a byte takes, in either direction.
    """
    found, up, down = [], 0, 0
    small = len(Packet(0).encode())
    for k, (stage, taken) in enumerate(zip(stages, cycles, strict=True)):
        first, logits = stage.nodes[0].input, stage.outputs[OUTPUT]
        up += small + (first.beats * first.tdata_bits // 8 if k == 0 else 0)
        down += small + RESULT_BYTES + logits.beats * logits.tdata_bits // 8
        stop = small if k < len(stages) - 1 else 0  # the last stage's frames stop by themselves
        chip_us = None if taken is None else taken / mhz
        found.append(
            LineTimes(
                index=k,
                chip_cycles=taken,
                chip_us=chip_us,
                wire_us=None if chip_us is None else (up + down) * us_per_byte + chip_us,
                link_frames_per_s=1e6 / ((up + stop) * us_per_byte),
                chip_frames_per_s=None if chip_us is None else 1e6 / chip_us,
            )
        )
    return tuple(found)
