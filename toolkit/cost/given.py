"""Reads the power of a run's design that the user provides, which replaces the model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from toolkit.cost.figures import Energy, Power
from toolkit.cost.rails import read_rails
from toolkit.cost.vivado import read_power_report


@dataclass(frozen=True)
class GivenPower:
    """Mean energy of a frame above idle, and the board's idle power if known."""

    incremental: Energy
    idle: Power | None


def read_power(path: Path, interval_us: float) -> GivenPower:
    """Read a measurement (``.csv``, see :func:`read_rails`) or the text of Vivado's ``report_power``.

    Args:
        path: path of the file.
        interval_us: time between frames during the measurement.

    Raises:
        ArtifactError: the file is damaged or has another format.
        BadOption: active and idle power overlap.
    """
    if path.suffix.lower() == ".csv":
        rails = read_rails(path)
        return GivenPower(rails.incremental(1e6 / interval_us), rails.idle)
    return GivenPower(read_power_report(path).incremental(interval_us), None)
