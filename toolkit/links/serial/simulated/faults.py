"""What may happen to the bytes on a serial line."""

from __future__ import annotations

from dataclasses import astuple, dataclass, field

from toolkit.core.errors import BadOption


@dataclass(frozen=True)
class LineFaults:
    """Probabilities per byte, in one direction.

    Attributes:
        corrupted: becomes another byte.
        dropped: is lost.
        duplicated: comes twice.
        cut: is lost, with up to 63 bytes behind it.

    Raises:
        BadOption: no probability.
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
    """Faults in both directions; one seed gives the same ones for the same bytes."""

    to_board: LineFaults = field(default_factory=LineFaults)
    to_host: LineFaults = field(default_factory=LineFaults)
    seed: int = 0
