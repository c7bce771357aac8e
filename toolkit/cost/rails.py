"""Reads the power of a board measured by the user: a CSV of time and watts, with active and idle phases."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from toolkit.core.artifact import Record, Text
from toolkit.core.errors import ArtifactError, BadOption, one_line
from toolkit.core.numerals import real
from toolkit.core.reading import read_csv
from toolkit.cost.figures import Energy, Power

COLUMNS = ("time_s", "watts", "phase")
PHASES = ("active", "idle")
_BLOCKS = 4
"""Number of parts into which samples of a phase are cut; their means span the interval."""


class Rails(Record):
    """The power of a board.

    Attributes:
        active: power while it computes frames without a gap.
        idle: power of the configured and clocked board without work.
        source: name of the file.
    """

    active: Power
    idle: Power
    source: Text

    def board(self, frames_per_s: float) -> Energy:
        """Return the energy of one frame at the board's input, in µJ, at the rate of the active phase."""
        return self.active.for_us(1e6 / _rate(frames_per_s))

    def incremental(self, frames_per_s: float) -> Energy:
        """Return the part of it that is above idle, in µJ.

        Raises:
            BadOption: active and idle power overlap, so that the difference is unknown.
        """
        active, idle = self.active, self.idle
        (active_low, active_high), (idle_low, idle_high) = active.ends, idle.ends
        if active_low <= idle_high:
            raise BadOption(
                f"power above idle in {self.source}",
                expected="active above idle in every part of the measurement",
                found=f"active from {active_low:.4g} W, idle up to {idle_high:.4g} W",
                fix="Measure for longer, or at a higher frame rate.",
            )
        difference = Power(
            value=active.value - idle.value,
            low=active_low - idle_high,
            high=active_high - idle_low,
            provenance="measured",
            source=f"{self.source}, active minus idle",
        )
        return difference.for_us(1e6 / _rate(frames_per_s))


def read_rails(path: Path) -> Rails:
    """Read a measurement: columns ``time_s,watts,phase``; phase is ``active`` or ``idle``.

    The mean of a phase is taken over its samples, which should be evenly spaced.

    Raises:
        ArtifactError: the file is missing, empty or damaged, has other columns, times that do not rise,
            negative power, fewer than 4 samples of a phase, or active power not above idle power.
    """
    times, watts, phases = _read(path)
    if np.any(np.diff(times) <= 0):
        raise ArtifactError(f"measurement {path}", expected="times that rise", found="times that do not")
    if np.any(watts < 0):
        raise ArtifactError(f"measurement {path}", expected="power of at least 0 W", found=f"{watts.min()} W")
    active, idle = (_power(watts[phases == phase], phase, path) for phase in PHASES)
    if active.value <= idle.value:
        raise ArtifactError(
            f"measurement {path}",
            expected="active power above idle power",
            found=f"{active.value:.4g} W and {idle.value:.4g} W",
            fix="Check the column 'phase'.",
        )
    return Rails(active=active, idle=idle, source=one_line(path.name))


def _read(path: Path) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.str_]]:
    what = f"measurement {path}"
    rows = read_csv(path, what, COLUMNS)
    if not rows:
        raise ArtifactError(what, expected="samples", found="none")
    samples = [_sample(row, f"{what}, sample {number}") for number, row in enumerate(rows, 1)]
    times, watts, phases = zip(*samples, strict=True)
    return np.array(times), np.array(watts), np.array(phases)


def _sample(row: dict[str, str], what: str) -> tuple[float, float, str]:
    try:
        time, watts = real(row["time_s"]), real(row["watts"])
    except ValueError:
        raise ArtifactError(what, expected="two numbers", found=f"{row['time_s']},{row['watts']}") from None
    phase = row["phase"]
    if phase not in PHASES:
        raise ArtifactError(what, expected=f"phase {' or '.join(PHASES)}", found=repr(phase))
    return time, watts, phase


def _power(watts: npt.NDArray[np.float64], phase: str, path: Path) -> Power:
    if len(watts) < _BLOCKS:
        expected = f"at least {_BLOCKS} {phase} samples"
        raise ArtifactError(f"measurement {path}", expected=expected, found=len(watts))
    means = [float(block.mean()) for block in np.array_split(watts, _BLOCKS)]
    mean = float(watts.mean())
    return Power(
        value=mean,
        low=min(*means, mean),  # rounding may put equal samples' mean a bit outside
        high=max(*means, mean),
        provenance="measured",
        source=f"{one_line(path.name)}, {phase}",
    )


def _rate(frames_per_s: float) -> float:
    if not frames_per_s > 0:
        raise BadOption("frames per second", expected="above 0", found=frames_per_s)
    return frames_per_s
