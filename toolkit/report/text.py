"""Formats numbers in one way for the page, the plots and the terminal."""

from __future__ import annotations

from toolkit.cost import Loads

LIMITS = {"host": "the host's decision", "stages": "its stages", "rate": "the slower design"}
"""What sets the rate of early exit, in words."""


def limit(loads: Loads) -> str:
    """What sets the rate of early exit under these loads, and whether the decision takes time."""
    return LIMITS[loads.limited_by] + ("" if loads.decision_cycles else " (decision takes no time)")


def percent(value: float, digits: int = 2) -> str:
    """``0.975`` as ``97.50 %``."""
    return f"{100 * value:.{digits}f}\N{NO-BREAK SPACE}%"


def whole(value: float, _: object = None) -> str:
    """``12345.6`` as ``12,346``; also a formatter of ticks."""
    return f"{value:,.0f}"


def short(value: float) -> str:
    """At least three digits: ``1.23``, ``12.3``, ``1,234``."""
    return f"{value:,.{0 if value >= 100 else 1 if value >= 10 else 2}f}"


def plain(value: float) -> str:
    """At least four digits, no more than are there: ``1.234``, ``0.02``, ``12,345``."""
    return whole(value) if abs(value) >= 1000 else f"{value:.4g}"


def times(value: float) -> str:
    """``2.5`` as ``2.50×``."""
    return f"{value:.{1 if value >= 10 else 2}f}×"


def seconds(value: float) -> str:
    """``62`` as ``1 min 2 s``."""
    minutes, rest = divmod(value, 60)
    return f"{minutes:.0f} min {rest:.0f} s" if minutes else f"{rest:.1f} s"


def memory(value: float) -> str:
    """Bytes in MiB below 1 GiB, else in GiB: ``512 MiB``, ``1.8 GiB``."""
    return (
        f"{value / 2**30:.1f}\N{NO-BREAK SPACE}GiB"
        if value >= 2**30
        else f"{value / 2**20:.0f}\N{NO-BREAK SPACE}MiB"
    )


def mhz(value: float) -> str:
    """A clock to a tenth: ``74.4435`` as ``74.4 MHz``, ``80.0`` as ``80 MHz``."""
    return f"{round(value, 1):g}\N{NO-BREAK SPACE}MHz"
