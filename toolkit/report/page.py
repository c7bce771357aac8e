"""Renders ``report.html``: one file with its style and plots inside."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup

from toolkit.core import templates
from toolkit.cost import Cost
from toolkit.report import text
from toolkit.report.cards import cards
from toolkit.report.picture import pictures
from toolkit.report.schema import Dataflow, Price, Report
from toolkit.report.sections import SECTIONS
from toolkit.report.svg import svg_head

COLOURS = 8
UNKNOWN = "–"
_AIMS = re.compile(r" --(exit-rate|max-loss|max-latency|max-energy) \S+")
"""Options of which a command has at most one."""
CONDITIONS = {
    "top1": "the top-1 softmax probability reaches the threshold",
    "entropy": "the entropy of the softmax is at most the threshold",
    "margin": "the best logit leads the second by at least the threshold",
}
"""Criterion -> condition under which a frame leaves."""


def render(report: Report) -> str:
    """Render a report as HTML. Equal reports give equal bytes."""
    values = {
        "report": report,
        "exits": report.exits,
        "verified": report.verification,
        "pictures": pictures(report),
        "picture_says": _picture_says(report),
        "phases": report.phases,
        "heading": "Training",
        "svg_head": svg_head,
        "conditions": CONDITIONS,
        "rows": _rows,
        "limit": text.limit,
        "without_aims": without_aims,
        "notes": _notes(report),
        "scales": {dataflow.name: scale(dataflow) for dataflow in report.accelerators},
        "colours": {name: index % COLOURS for index, name in enumerate(report.resources.segments)},
    }
    shown = {
        section.name: environment().get_template(section.template).render(**values, plot=section.plot(report))
        for section in SECTIONS
        if section.shown(report)
    }
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            **values,
            cards=cards(report),
            sections={name: Markup(text) for name, text in shown.items()},
            titles={name: _title(text) for name, text in shown.items()},
        )
    )


def without_aims(command: str) -> str:
    """Return a command without its objective, for another one."""
    return _AIMS.sub("", command)


def _title(section: str) -> Markup:
    """Return the heading of a section, without what stands beside it."""
    found = re.search(r"<h2>([^<]+)", section)
    assert found is not None, "a template without a heading"
    return Markup(found[1])


def _picture_says(report: Report) -> str:
    """Say what the picture shows."""
    rates = ", ".join(f"{text.percent(one.exit_rate)} at exit {one.index}" for one in report.exits)
    return f"Of {text.whole(report.frames)} frames leave {rates}."


def _rows(
    exits: Sequence[Price | Cost], combined: Price | Cost, baseline: Price | Cost
) -> list[tuple[str, Price | Cost]]:
    """Return the rows of a table of costs, with their names."""
    return [
        *((f"exit {k}", one) for k, one in enumerate(exits)),
        ("mix", combined),
        ("no early exit", baseline),
    ]


def _notes(report: Report) -> list[str]:
    """Return the sources of the energies, each once, in the order of the tables."""
    tables: list[tuple[str, Price | Cost]] = []
    if report.equal_resources is not None:
        equal = report.equal_resources
        tables += _rows(equal.exits, equal.combined, equal.baseline)
    tables += _rows(report.exits, report.combined, report.baseline)
    found = (figure for _, price in tables for figure in (price.energy_uj, price.incremental_uj))
    return list(dict.fromkeys(figure.source for figure in found if figure is not None))


def scale(dataflow: Dataflow) -> int:
    """Return the cycles that the full width of an accelerator's chart represents."""
    return max(dataflow.interval_cycles, dataflow.bound_cycles)


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Create the Jinja environment with the filters of the pages."""
    found = templates.environment(Path(__file__).parent / "templates", html=True)
    filters = {
        "percent": _percent,
        "count": _whole,
        "seconds": text.seconds,
        "memory": text.memory,
        "short": _short,
        "times": text.times,
        "mhz": text.mhz,
        "sentence": lambda words: f"{words[:1].upper()}{words[1:]}.",
    }
    found.filters.update(filters)
    return found


def _percent(value: float | None, digits: int = 2) -> str:
    return UNKNOWN if value is None else text.percent(value, digits)


def _whole(value: float | None) -> str:
    return UNKNOWN if value is None else text.whole(value)


def _short(value: float | None) -> str:
    return UNKNOWN if value is None else text.short(value)
