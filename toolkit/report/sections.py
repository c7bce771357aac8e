"""The sections of the page, in order. A new one is a template in ``templates/`` and a line here.

Its data is a field of :class:`toolkit.report.schema.Report`; the origin of its numbers is listed in
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
        name: name of its template, without ``.html.j2``.
        needs: field of the report; if it is None or empty, the section is left out.
        plot: function that draws the figure, which the template finds as ``plot``.
    """

    name: str
    needs: str = "exits"
    plot: Callable[[Report], Markup | None] = lambda report: None

    @property
    def template(self) -> str:
        """File name of its template."""
        return f"{self.name}.html.j2"

    def shown(self, report: Report) -> bool:
        """Whether the report has the data of the section."""
        return bool(getattr(report, self.needs))


SECTIONS = (
    Section("exits", "decided"),
    Section("result", "result", plots.result),
    Section("quality", "quality"),
    Section("gallery", "gallery"),
    Section("implementation", "implementation"),
    Section("when", "trade_off", plots.thresholds),
    Section("trial", "trial"),
    Section("costs", "clock_mhz"),
    Section("load", "under_load", plots.load),
    Section("cascade", "cascade", plots.traffic),
    Section("against", "comparison", plots.gain),
    Section("latency", plot=plots.latency),
    Section("dataflow", "accelerators"),
    Section("resources", "resources"),
    Section("verification", "verification"),
    Section("coverage", "coverage"),
    Section("mutants", "mutants"),
    Section("training", "training", lambda report: plots.training(report.training, report.phases)),
    Section("reproduce", "command"),
)
