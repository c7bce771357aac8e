"""Computes the picture at the top of a report: a road with a ramp per exit; widths are shares of frames.

There are two: the road of the wide one goes to the right, that of the narrow one goes down.
"""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.report.schema import Report

ROAD = 64
"""Thickness of a road that all frames take."""


@dataclass(frozen=True)
class Layout:
    """Where a picture puts its roads, in units of its view box; "along" is the direction of the roads.

    Attributes:
        name: name of the picture on the page.
        down: whether roads go down instead of to the right.
        width: width of the view box.
        before: room before the roads, across.
        length: length of all roads together; None: as many as there are exits, of ``step`` each.
        step: length of one road, if ``length`` is None.
        drop: how far a ramp leads away from its road.
        bend: length of a ramp, along.
    """

    name: str
    down: bool
    width: int
    before: int
    length: int | None
    step: int
    drop: int
    bend: int

    def place(self, along: float, across: float) -> tuple[float, float]:
        """Return x and y."""
        return (across, along) if self.down else (along, across)


WIDE = Layout("wide", down=False, width=960, before=34, length=770, step=0, drop=84, bend=110)
NARROW = Layout("narrow", down=True, width=336, before=0, length=None, step=86, drop=46, bend=72)


@dataclass(frozen=True)
class Ramp:
    """One exit of the picture.

    Attributes:
        index: index of the exit.
        path: SVG path of the ramp; empty for the last exit, where the road ends.
        x, y: left end of the text.
    """

    index: int
    path: str
    x: float
    y: float


@dataclass(frozen=True)
class Road:
    """One trunk, as thick as the share of frames that pass it; ``label``: place of its name."""

    index: int
    x: float
    y: float
    width: float
    height: float
    label: tuple[float, float]


@dataclass(frozen=True)
class Picture:
    """All shapes of a picture, in units of the view box ``width`` x ``height``."""

    name: str
    width: int
    height: int
    roads: tuple[Road, ...]
    ramps: tuple[Ramp, ...]


def pictures(report: Report) -> tuple[Picture, Picture]:
    """Compute the shapes of the wide and of the narrow picture."""
    return _picture(report, WIDE), _picture(report, NARROW)


def _picture(report: Report, layout: Layout) -> Picture:
    exits = report.exits
    step = layout.step if layout.length is None else layout.length / len(exits)
    left, roads, ramps = 1.0, [], []
    for one in exits:
        start, end = step * one.index, step * (one.index + 1)
        roads.append(_road(layout, one.index, start, step, _thick(left)))
        stay = left - one.exit_rate
        if one.index == len(exits) - 1:
            ramps.append(_end(layout, one.index, end, _thick(left)))
        else:
            ramps.append(_ramp(layout, one.index, end, stay, _thick(one.exit_rate)))
        left = max(stay, 0.0)
    height = max(ramp.y for ramp in ramps) + 44
    return Picture(layout.name, layout.width, round(height), tuple(roads), tuple(ramps))


def _thick(share: float) -> float:
    """Return the thickness of a road; even the smallest share stays visible."""
    return round(max(ROAD * share, 1.5), 2)


def _road(layout: Layout, index: int, start: float, step: float, thick: float) -> Road:
    x, y = layout.place(start, layout.before)
    width, height = layout.place(step, thick)
    label = (x + thick + 12, y + 24) if layout.down else (x, y - 10)
    return Road(index, round(x, 2), round(y, 2), round(width, 2), round(height, 2), label)


def _end(layout: Layout, index: int, end: float, thick: float) -> Ramp:
    """Return the text at the end of the last road: beside it, or below it."""
    if layout.down:
        return Ramp(index, "", layout.before, end + 26)
    return Ramp(index, "", end + 12, layout.before + thick / 2)


def _ramp(layout: Layout, index: int, at: float, stay: float, thick: float) -> Ramp:
    """Return a ramp from the part of the road above ``stay``, and the text to the right of its end."""
    near, far = layout.before + ROAD * stay, layout.before + ROAD + layout.drop - thick
    half, end = at + layout.bend / 2, at + layout.bend

    def to(along: float, across: float) -> str:
        x, y = layout.place(along, across)
        return f"{x:.1f},{y:.1f}"

    path = (
        f"M{to(at, near)} C{to(half, near)} {to(half, far)} {to(end, far)} L{to(end, far + thick)} "
        f"C{to(half, far + thick)} {to(half, near + thick)} {to(at, near + thick)} z"
    )
    if layout.down:
        return Ramp(index, path, far + thick + 12, end - 30)
    return Ramp(index, path, end + 12, far + thick / 2)
