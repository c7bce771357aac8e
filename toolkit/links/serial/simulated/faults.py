"""Faults that a simulated serial line injects."""

from __future__ import annotations

from dataclasses import astuple, dataclass, field

from toolkit.core.errors import BadOption


@dataclass(frozen=True)
class LineFaults:
    """Fault probabilities per byte, in one direction.

    Attributes:
        corrupted: probability of another value.
        dropped: probability of a loss.
        duplicated: probability of a duplicate.
        cut: probability of a loss together with up to 63 following bytes.

    Raises:
        BadOption: a value is no probability.
    """

    corrupted: float = 0.0
    dropped: float = 0.0
    duplicated: float = 0.0
    cut: float = 0.0

    def __post_init__(self) -> None:
        if not all(0.0 <= share <= 1.0 for share in astuple(self)):
            raise BadOption("faults of a serial line", expected="probabilities", found=self)


@dataclass(frozen=True)
class Faults:
    """Faults in both directions; the same seed and bytes give the same faults."""

    to_board: LineFaults = field(default_factory=LineFaults)
    to_host: LineFaults = field(default_factory=LineFaults)
    seed: int = 0
