"""What the host reads from the registers of a system on a chip."""

from __future__ import annotations

import threading
from typing import Any

from toolkit.core.errors import ArtifactError, UnsupportedVersion
from toolkit.links.axi_dma.overlay import OverlayDescription, OverlayStage
from toolkit.links.axi_dma.registers import DIGEST_WORDS, IDENTITY, VERSION, Register, StageRegister

_FIX = "Take the bitstream and its description from one build."


class ChipRegisters:
    """The registers of a system; threads may share it.

    Args:
        block: PYNQ's driver of the block with the registers: ``read(address)``.
        name: name of the device in messages.
    """

    def __init__(self, block: Any, name: str) -> None:
        self._block, self._name = block, name
        self._turn = threading.Lock()  # the high half of a counter is that of the low half read last

    def require(self, description: OverlayDescription) -> None:
        """Check that the chip holds the design that is described.

        Raises:
            ArtifactError: another design, or not one of Offramp's.
            UnsupportedVersion: another version of the registers.
        """
        what = f"design on the chip of {self._name}"
        if (found := self._read(Register.IDENTITY)) != IDENTITY:
            raise ArtifactError(what, expected=f"{IDENTITY:08x} in its first register", found=f"{found:08x}")
        if (found := self._read(Register.VERSION)) != VERSION:
            raise UnsupportedVersion(
                f"registers of {self._name}",
                expected=f"version {VERSION}",
                found=found,
                fix="Build the bitstream with this version of Offramp.",
            )
        words = [self._read(Register.DIGEST + 4 * i) for i in range(DIGEST_WORDS)]
        if (digest := "".join(f"{word:08x}" for word in words)) != description.digest:
            raise ArtifactError(what, expected=description.digest, found=digest, fix=_FIX)
        if (count := self._read(Register.STAGES)) != len(description.stages):
            raise ArtifactError(
                f"stages of {self._name}",
                expected=f"{len(description.stages)} as described",
                found=count,
                fix=_FIX,
            )
        for k, stage in enumerate(description.stages):
            expected, sizes = _frame_bytes(stage), self._frame_bytes(k)
            if sizes != expected:
                raise ArtifactError(
                    f"frames of stage {k} of {self._name}",
                    expected=f"{expected} bytes for input, logits and feature map, as described",
                    found=sizes,
                    fix=_FIX,
                )

    def frames_cut(self, stage: int) -> int:
        """Return the number of transfers to a stage, since its reset, that were not whole frames."""
        return self._of(stage, StageRegister.FRAMES_CUT)

    def counters(self, stage: int) -> dict[str, int]:
        """Return the counters of a stage since its reset: frames answered, and clock cycles."""
        return {
            "frames": self._of(stage, StageRegister.LOGITS_OUT),
            "maps": self._of(stage, StageRegister.MAPS_OUT),
            "begun": self._of(stage, StageRegister.FRAMES_IN),
            "cut": self._of(stage, StageRegister.FRAMES_CUT),
            "cycles": self._wide(stage, StageRegister.BUSY),
            "stalled": self._wide(stage, StageRegister.STALLED),
        }

    def _frame_bytes(self, stage: int) -> tuple[int, int, int]:
        one, two, three = StageRegister.INPUT_BYTES, StageRegister.LOGITS_BYTES, StageRegister.MAP_BYTES
        return self._of(stage, one), self._of(stage, two), self._of(stage, three)

    def _of(self, stage: int, register: StageRegister) -> int:
        return self._read(register.of(stage))

    def _wide(self, stage: int, register: StageRegister) -> int:
        with self._turn:
            low, high = (int(self._block.read(int(at))) for at in (register.of(stage), Register.HIGH))
        return high << 32 | low

    def _read(self, address: int) -> int:
        with self._turn:
            return int(self._block.read(int(address)))


def _frame_bytes(stage: OverlayStage) -> tuple[int, int, int]:
    """Return the bytes of a frame of input, logits and feature map; 0 without one."""
    streams = stage.streams()
    kept = streams.feature_map
    return streams.input.frame_bytes, streams.logits.frame_bytes, 0 if kept is None else kept.frame_bytes
