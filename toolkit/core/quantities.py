"""Types of the numbers in results: shares, counts, cycles, histograms, and a number's provenance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field

from toolkit.core.artifact import Record, Text

if TYPE_CHECKING:  # `offramp --help` loads this module, and numpy would double its time
    import numpy as np
    from numpy.typing import NDArray

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Cycles = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
Provenance = Literal["measured", "simulated", "estimated", "counted", "place and route", "Vivado"]
"""``measured``: on a running machine; ``simulated``: cycle-accurate RTL simulation; ``estimated``: a model's
figure; ``counted``: exact, from a description or a comparison; ``place and route``: of the very bitstream;
``Vivado``: the same, in Vivado's reports."""

BINS = 60


class Origin(Record):
    """Provenance of numbers, with the source in words."""

    provenance: Provenance
    source: Text


class Histogram(Record):
    """Frames per bin; bin i holds whole cycles from ``start + i * width`` to the next bin's start."""

    start: Count
    width: Cycles
    frames: tuple[Count, ...]

    @classmethod
    def of(cls, cycles: NDArray[np.int64]) -> Self:
        """Count whole cycles, int64 [N], in at most :data:`BINS` equal bins."""
        import numpy as np

        start, stop = int(cycles.min()), int(cycles.max()) + 1
        width = -(-(stop - start) // BINS)
        bins = -(-(stop - start) // width)
        frames = np.bincount((cycles - start) // width, minlength=bins)
        return cls(start=start, width=width, frames=tuple(int(n) for n in frames))
