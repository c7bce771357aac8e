"""Keeps track of the frames whose feature maps are on a board, and of their images."""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass

from toolkit.runtime.errors import DeviceError

TOKEN_BITS = 32


@dataclass
class BoardFrame:
    """A frame between two stages.

    Attributes:
        image: bytes of the image, as sent over the line.
        tag: tag under which the board stores the feature map.
        slot: slot of the feature map on the board; None if it is not there.
    """

    image: bytes
    tag: int
    slot: int | None = None


class FrameSlots:
    """The assignment of frames to the board's slots. Thread-safe.

    Args:
        slots: number of slots on the board.
        most: largest number of frames that are remembered; the oldest are forgotten first.
    """

    def __init__(self, slots: int, most: int) -> None:
        self._most = max(most, slots)
        self._frames: dict[int, BoardFrame] = {}  # by token, oldest first
        self._free = list(range(slots))
        self._next = 0
        self._lock = threading.Lock()

    def add(self, image: bytes) -> int:
        """Add a frame and return its token."""
        with self._lock:
            token, self._next = self._next, (self._next + 1) % (1 << TOKEN_BITS)
            self._frames[token] = BoardFrame(image, token & 0xFFFF)
            if len(self._frames) > self._most:
                self._forget(next(iter(self._frames)))
            return token

    def frame(self, token: int) -> BoardFrame:
        """Return the frame of a token.

        Raises:
            DeviceError: the frame has been forgotten.
        """
        if (frame := self._frames.get(token)) is None:
            found = f"number {token}, which is not known"
            raise DeviceError("feature map on the board", expected="one that it keeps", found=found)
        return frame

    def place(self, token: int, spare: Collection[int]) -> BoardFrame:
        """Assign a slot to a frame; if all are taken, that of the oldest frame that is not in ``spare``."""
        with self._lock:
            frame = self.frame(token)
            if frame.slot is None:
                if not self._free:
                    evicted = (f for t, f in self._frames.items() if f.slot is not None and t not in spare)
                    self._release(next(evicted))
                frame.slot = self._free.pop(0)
            return frame

    def release(self, token: int) -> None:
        """Free the slot of a frame, but remember its image."""
        with self._lock:
            self._release(self._frames.get(token))

    def release_all(self) -> None:
        """Free all slots, as after a reset of the board."""
        with self._lock:
            for frame in self._frames.values():
                self._release(frame)

    def forget(self, token: int) -> BoardFrame | None:
        """Forget a frame; return a copy of it, or None if it is not known."""
        with self._lock:
            before = self._frames.get(token)
            frame = None if before is None else BoardFrame(before.image, before.tag, before.slot)
            self._forget(token)
            return frame

    def __len__(self) -> int:
        return len(self._frames)

    def _forget(self, token: int) -> None:
        self._release(self._frames.pop(token, None))

    def _release(self, frame: BoardFrame | None) -> None:
        if frame is not None and frame.slot is not None:
            self._free.append(frame.slot)
            frame.slot = None
