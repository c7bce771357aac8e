"""The sections of the page, in order. A new one is a template in ``templates/`` and a line here.

What it shows is a field of :class:`toolkit.report.schema.Report`; where its numbers come from stands in
:mod:`toolkit.report.provenance`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

from toolkit.report import plots
from toolkit.report.schema import Report


@dataclass(frozen=True)
class Section:
    """One section of the page.

    Attributes:
        name: of its template, without ``.html.j2``.
        needs: field of the report without which the section is left out: None or empty.
        plot: draws its figure, which the template finds as ``plot``.
    """

    name: str
    needs: str = "exits"
    plot: Callable[[Report], Markup | None] = lambda report: None

    @property
    def template(self) -> str:
        """File name of its template."""
        return f"{self.name}.html.j2"

    def shown(self, report: Report) -> bool:
        """Whether the report has what it needs."""
        return bool(getattr(report, self.needs))


SECTIONS = (
    Section("exits"),
    Section("implementation", "implementation"),
    Section("when", "trade_off", plots.thresholds),
    Section("costs", "clock_mhz"),
    Section("cascade", "cascade", plots.traffic),
    Section("against", "comparison", plots.gain),
    Section("latency", plot=plots.latency),
    Section("dataflow", "accelerators"),
    Section("resources", "resources"),
    Section("verification", "verification"),
    Section("training", "training", plots.training),
    Section("reproduce", "command"),
)
