"""Power that the user brings for the design of a run, in place of the model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from toolkit.cost.figures import Energy, Power
from toolkit.cost.rails import read_rails
from toolkit.cost.vivado import read_power_report


@dataclass(frozen=True)
class GivenPower:
    """What a frame takes above idle, in the mean over all frames, and what the board draws idle, if known."""

    incremental: Energy
    idle: Power | None


def read_power(path: Path, interval_us: float) -> GivenPower:
    """Read a measurement (``.csv``, see :func:`read_rails`) or the text of Vivado's ``report_power``.

    Args:
        path: of the file.
        interval_us: between frames while it was taken.

    Raises:
        ArtifactError: the file is damaged or of another format.
        BadOption: active and idle power overlap.
    """
    if path.suffix.lower() == ".csv":
        rails = read_rails(path)
        return GivenPower(rails.incremental(1e6 / interval_us), rails.idle)
    return GivenPower(read_power_report(path).incremental(interval_us), None)
