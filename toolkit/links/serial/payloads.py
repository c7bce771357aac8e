"""The payloads of replies."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from toolkit.runtime.errors import DeviceError

_INFO = struct.Struct("<32sIBBHH")
_STAGE = struct.Struct("<IQ")
_LINE = struct.Struct("<IIII")
_CYCLES = struct.Struct("<II")
MOST_CYCLES = 2**32 - 1
"""Cycles that a frame can report."""


@dataclass(frozen=True)
class BoardInfo:
    """A board's description of itself.

    Attributes:
        digest: digest of its stage accelerators, 64 hexadecimal digits.
        clock_khz: clock of the accelerators.
        buffers: number of requests it can hold.
        slots: number of feature maps it can hold.
        image_bytes: size of an image.
        logits_bytes: size of the logits, per stage.
    """

    digest: str
    clock_khz: int
    buffers: int
    slots: int
    image_bytes: int
    logits_bytes: tuple[int, ...]

    @classmethod
    def decode(cls, payload: bytes) -> BoardInfo:
        """Decode the payload of the reply to INFO.

        Raises:
            DeviceError: the payload has an impossible size, or a clock of 0.
        """
        stages = payload[36] if len(payload) > 36 else 0
        if not stages or len(payload) != _INFO.size + 2 * stages:
            raise DeviceError("reply to INFO", expected="42 bytes and two per stage", found=len(payload))
        digest, clock_khz, _, buffers, slots, image_bytes = _INFO.unpack_from(payload)
        if not clock_khz:
            raise DeviceError("reply to INFO", expected="a clock above 0 kHz", found="0")
        logits = struct.unpack_from(f"<{stages}H", payload, _INFO.size)
        return cls(digest.hex(), clock_khz, buffers, slots, image_bytes, logits)

    @property
    def longest(self) -> int:
        """Size of the longest payload that the board sends, in bytes."""
        stages = len(self.logits_bytes)
        frame, counters = _CYCLES.size + max(self.logits_bytes), _STAGE.size * stages + _LINE.size
        return max(frame, counters, _INFO.size + 2 * stages)

    def encode(self) -> bytes:
        """Encode the payload."""
        stages = len(self.logits_bytes)
        head = _INFO.pack(
            bytes.fromhex(self.digest), self.clock_khz, stages, self.buffers, self.slots, self.image_bytes
        )
        return head + struct.pack(f"<{stages}H", *self.logits_bytes)


@dataclass(frozen=True)
class StageCounters:
    """Counters of a stage since reset: frames, and the sum of their cycles to the logits."""

    frames: int
    cycles: int


@dataclass(frozen=True)
class Counters:
    """Counters of a board since it was configured or its reset button was pressed.

    Attributes:
        stages: counters of each stage.
        crc_errors: packets with a wrong CRC.
        overruns: requests that arrived while all buffers were full.
        abandoned: packets that ended before their last byte.
        watchdog_resets: number of times a stage did not answer and was reset.
    """

    stages: tuple[StageCounters, ...]
    crc_errors: int
    overruns: int
    abandoned: int
    watchdog_resets: int

    @classmethod
    def decode(cls, payload: bytes, stages: int) -> Counters:
        """Decode the payload of the reply to COUNTERS.

        Raises:
            DeviceError: the payload has an impossible size, or a stage fewer cycles than frames, or more than
                its frames can have taken.
        """
        size = _STAGE.size * stages + _LINE.size
        if len(payload) != size:
            raise DeviceError("reply to COUNTERS", expected=f"{size} bytes", found=len(payload))
        each = tuple(StageCounters(*_STAGE.unpack_from(payload, _STAGE.size * k)) for k in range(stages))
        for k, stage in enumerate(each):
            if not stage.frames <= stage.cycles <= stage.frames * MOST_CYCLES:
                raise DeviceError(
                    f"reply to COUNTERS, stage {k}",
                    expected=f"1 to {MOST_CYCLES:,} cycles per frame",
                    found=f"{stage.cycles:,} cycles for {stage.frames:,} frames",
                )
        return cls(each, *_LINE.unpack_from(payload, _STAGE.size * stages))

    def encode(self) -> bytes:
        """Encode the payload."""
        each = b"".join(_STAGE.pack(stage.frames, stage.cycles) for stage in self.stages)
        return each + _LINE.pack(self.crc_errors, self.overruns, self.abandoned, self.watchdog_resets)


@dataclass(frozen=True)
class FrameReply:
    """The answer of a stage to a frame.

    Attributes:
        cycles_logits: clock cycles from the first beat of the frame in to the last beat of the logits out.
        cycles_map: clock cycles to the last beat of the feature map; 0 at the last stage.
        logits: bytes of the logits, as on the stream.
    """

    cycles_logits: int
    cycles_map: int
    logits: bytes

    @classmethod
    def decode(cls, payload: bytes, logits_bytes: int) -> FrameReply:
        """Decode the payload of the reply to RUN or GO.

        Raises:
            DeviceError: the payload has an impossible size.
        """
        size = _CYCLES.size + logits_bytes
        if len(payload) != size:
            raise DeviceError("reply to a frame", expected=f"{size} bytes", found=len(payload))
        cycles_logits, cycles_map = _CYCLES.unpack_from(payload)
        return cls(cycles_logits, cycles_map, payload[_CYCLES.size :])

    def encode(self) -> bytes:
        """Encode the payload."""
        return _CYCLES.pack(self.cycles_logits, self.cycles_map) + self.logits
