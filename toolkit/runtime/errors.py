"""Errors of devices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from toolkit.core.errors import OfframpError

_NAMED = 12  # more frames than this are counted, not listed


class DeviceError(OfframpError):
    """A device failed, or sent a reply that is not possible.

    Attributes:
        final: whether the device says that further calls are of no use before somebody has seen to it.
    """

    final = False


class DeviceTimeout(DeviceError):
    """A device did not answer in time."""


class FramesLost(DeviceError):
    """Frames were not answered, after all retries; ``indices`` are their numbers."""

    def __init__(self, indices: Iterable[int], why: OfframpError) -> None:
        self.indices = tuple(indices)
        super().__init__(
            f"no answer for {frames_in_words(self.indices)}", found=why, fix="All other answers hold."
        )


def frames_in_words(indices: Sequence[int]) -> str:
    """List frames as in ``frames 3-7 and 9``; long lists are cut."""
    runs: list[list[int]] = []
    for index in indices:
        if runs and index == runs[-1][1] + 1:
            runs[-1][1] = index
        else:
            runs.append([index, index])
    words = [str(first) if first == last else f"{first}-{last}" for first, last in runs[:_NAMED]]
    if rest := sum(last - first + 1 for first, last in runs[_NAMED:]):
        words.append(f"{rest} more")
    joined = " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
    return f"frame{'s' if len(indices) != 1 else ''} {joined}"
