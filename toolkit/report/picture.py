"""Computes the picture at the top of a report: a road with a ramp per exit; widths are shares of frames."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.report.schema import Report

WIDTH, TOP, ROAD, DROP, LEFT, RIGHT, BEND = 960, 34, 64, 84, 0, 190, 110


@dataclass(frozen=True)
class Ramp:
    """One exit of the picture.

    Attributes:
        index: index of the exit.
        path: SVG path of the ramp.
        x, y: left end of the text.
    """

    index: int
    path: str
    x: float
    y: float


@dataclass(frozen=True)
class Road:
    """One trunk of the picture, as high as the share of frames that pass it."""

    index: int
    x: float
    width: float
    height: float


@dataclass(frozen=True)
class Picture:
    """All shapes of the picture, in units of the view box ``width`` x ``height``."""

    width: int
    height: float
    top: int
    roads: tuple[Road, ...]
    ramps: tuple[Ramp, ...]


def picture(report: Report) -> Picture:
    """Compute the shapes of the picture."""
    exits = report.exits
    step = (WIDTH - LEFT - RIGHT) / len(exits)
    left, roads, ramps = 1.0, [], []
    for one in exits:
        start, last = LEFT + step * one.index, one.index == len(exits) - 1
        end = start + step
        roads.append(Road(one.index, start, step, _thick(left)))
        stay = left - one.exit_rate
        if last:
            y = TOP + _thick(left) / 2
            ramps.append(Ramp(one.index, "", end + 12, y))
        else:
            ramps.append(_ramp(one.index, end, TOP + ROAD * stay, _thick(one.exit_rate)))
        left = max(stay, 0.0)
    bottom = max(ramp.y for ramp in ramps) + 44
    return Picture(WIDTH, bottom, TOP, tuple(roads), tuple(ramps))


def _thick(share: float) -> float:
    """Return the height of a road; even the smallest share stays visible."""
    return round(max(ROAD * share, 1.5), 2)


def _ramp(index: int, x: float, y: float, thick: float) -> Ramp:
    low, half, end = TOP + ROAD + DROP - thick, x + BEND / 2, x + BEND
    path = (
        f"M{x:.1f},{y:.1f} C{half:.1f},{y:.1f} {half:.1f},{low:.1f} {end:.1f},{low:.1f} "
        f"v{thick:.1f} C{half:.1f},{low + thick:.1f} {half:.1f},{y + thick:.1f} {x:.1f},{y + thick:.1f} z"
    )
    return Ramp(index, path, end + 12, low + thick / 2)
