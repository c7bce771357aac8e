"""``report.html``: a report as one page that needs nothing else."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from toolkit.report import plots
from toolkit.report.picture import picture
from toolkit.report.schema import Dataflow, Report

NAME = "report.html"
COLOURS = 8


def render(report: Report) -> str:
    """The page: HTML with its style and plots inside. Equal reports give equal bytes."""
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            report=report,
            picture=picture(report),
            plots={
                "thresholds": plots.thresholds(report),
                "latency": plots.latency(report),
                "training": plots.training(report),
            },
            scales={dataflow.name: scale(dataflow) for dataflow in report.accelerators},
            colours={name: index % COLOURS for index, name in enumerate(report.resources.segments)},
        )
    )


def scale(dataflow: Dataflow) -> int:
    """Cycles that the full width of an accelerator's chart stands for."""
    return max(dataflow.interval_cycles, dataflow.bound_cycles)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("toolkit.report", "."),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(percent=_percent, count=_count, seconds=_seconds)
    return environment


def _percent(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else plots.percent(value, digits)


def _count(value: Any) -> str:
    return f"{value:,.0f}"


def _seconds(value: float) -> str:
    minutes, rest = divmod(value, 60)
    return f"{minutes:.0f} min {rest:.0f} s" if minutes else f"{rest:.1f} s"
