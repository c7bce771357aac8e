"""Plots accuracy, exit rate, latency and energy over the threshold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter, NullLocator

from toolkit.report.plots.common import Panel, exit_ink, near, plot
from toolkit.report.schema import PricedCurve, Report, TradeOff
from toolkit.report.svg import INK
from toolkit.report.text import percent, short, whole

TICKS = {
    "top1": (0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999),
    "entropy": (1.0, 0.1, 0.01, 0.001, 1e-4, 1e-5),
}
NAMES = {
    "top1": "threshold on the top-1 probability",
    "entropy": "threshold on the entropy, in nats",
    "margin": "threshold on the lead of the best logit",
}


@dataclass(frozen=True)
class _Axis:
    """The axis of thresholds, safe ones on the right, without ends that its scale cannot show."""

    trade: TradeOff
    shown: tuple[int, ...]

    @classmethod
    def of(cls, trade: TradeOff) -> _Axis:
        ends = {"top1": lambda t: 0 < t < 1, "entropy": lambda t: t > 0, "margin": lambda t: t > 0}
        fits: Callable[[float], bool] = ends[trade.criterion]
        inner = [i for i, threshold in enumerate(trade.thresholds) if fits(threshold)]
        # The safest threshold of the margin represents infinity: the others would shrink to one point.
        if trade.criterion == "margin" and len(inner) > 2 and inner[0] == 0:
            inner = inner[1:]
        return cls(trade, tuple(inner))

    @property
    def places(self) -> list[float]:
        return [self.trade.thresholds[i] for i in self.shown]

    def pick(self, values: Sequence[float]) -> list[float]:
        return [values[i] for i in self.shown]

    @property
    def marked(self) -> float:
        """Position of the chosen threshold on the axis: itself, or the nearest end."""
        places, chosen = self.places, self.trade.thresholds[self.trade.chosen]
        return min(max(chosen, min(places)), max(places))

    def apply(self, axes: Axes) -> None:
        scale = {"top1": "logit", "entropy": "log", "margin": "linear"}[self.trade.criterion]
        axes.set_xscale(scale)
        axes.set_xlim(self.places[-1], self.places[0])
        if self.trade.criterion in TICKS:
            low, high = sorted((self.places[0], self.places[-1]))
            axes.set_xticks([tick for tick in TICKS[self.trade.criterion] if low <= tick <= high])
            axes.xaxis.set_minor_locator(NullLocator())
            axes.xaxis.set_minor_formatter(NullFormatter())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.set_xlabel(NAMES[self.trade.criterion])


def thresholds(report: Report) -> Markup | None:
    """Plot accuracy, exit rate, mean latency and energy over the threshold; None without an early exit."""
    trade = report.trade_off
    if trade is None:
        return None
    axis = _Axis.of(trade)
    panels = [
        _panel(axis, "Accuracy of all frames", percent(report.combined.accuracy), partial(_accuracy, report)),
        _panel(axis, "Frames that leave early", percent(1 - report.exits[-1].exit_rate), _rates),
        *(_panel(axis, title, "", partial(_means, means)) for title, means in _MEANS.items()),
    ]
    title = "Accuracy, exit rate, latency and energy over the threshold, calibration and test split"
    return plot("thresholds", title, panels, height=2.95)


def _panel(axis: _Axis, title: str, value: str, draw: Callable[[_Axis, Axes], None]) -> Panel:
    """Describe a panel with the value at the chosen threshold in its title, where no curve hides it."""

    def complete(axes: Axes) -> None:
        draw(axis, axes)
        axis.apply(axes)
        axes.axvline(axis.marked, color=INK["accent"], linewidth=1)
        axes.set_title(value, loc="right", color=INK["accent"])

    says = f"{value or _said(axis.trade, _MEANS[title])} on the test split at the threshold {axis.marked:g}"
    return Panel(title, says, complete)


def _both(axes: Axes, axis: _Axis, pick: Callable[[PricedCurve], Sequence[float]], ink: str) -> None:
    """Plot the calibration split dashed and the test split solid, and mark the chosen point."""
    axes.plot(
        axis.places,
        axis.pick(pick(axis.trade.calibration)),
        color=INK["muted"],
        linestyle="--",
        linewidth=1.3,
        label="calibration split",
    )
    axes.plot(axis.places, axis.pick(pick(axis.trade.test)), color=ink, label="test split", zorder=3)
    value = pick(axis.trade.test)[axis.trade.chosen]
    axes.plot([axis.marked], [value], "o", color=INK["accent"], markersize=6, zorder=4)


def _accuracy(report: Report, axis: _Axis, axes: Axes) -> None:
    _both(axes, axis, lambda curve: curve.accuracies, INK["ink"])
    for one in (report.exits[0], report.exits[-1]):
        shown = ":" if one.index else "-."
        ink = exit_ink(one.index)
        label = f"exit {one.index} alone, test"
        axes.axhline(one.accuracy, color=ink, linestyle=shown, linewidth=1.3, label=label)
    trade = axis.trade
    values = [*trade.test.accuracies, *trade.calibration.accuracies, *(one.accuracy for one in report.exits)]
    near(axes, min(values), max(values))
    axes.legend(loc="lower right")


def _rates(axis: _Axis, axes: Axes) -> None:
    _both(axes, axis, lambda curve: [1 - row[-1] for row in curve.exit_rates], exit_ink(0))
    axes.set_ylim(0, 1.04)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: percent(value, 0)))
    axes.legend(loc="lower left")


_Mean = tuple[str, str, str]
"""Field of the curves, label with its unit, colour."""
_LATENCY: tuple[_Mean, ...] = (("latency_us", "design of this run: {} µs", INK["s0"]),)
_ENERGIES: tuple[_Mean, ...] = (
    ("energy_uj", "board: {} µJ", INK["s5"]),
    ("incremental_uj", "above idle: {} µJ", INK["s6"]),
)


_MEANS = {"Mean latency alone, µs": _LATENCY, "Mean energy, µJ (estimated)": _ENERGIES}


def _said(trade: TradeOff, means: Sequence[_Mean]) -> str:
    """Say the means of the test split at the chosen threshold."""
    known = ((label, getattr(trade.test, key)) for key, label, _ in means)
    said = [label.format(short(found[trade.chosen])) for label, found in known if found is not None]
    return ", ".join(said) or "not known for this board"


def _means(means: Sequence[_Mean], axis: _Axis, axes: Axes) -> None:
    test = axis.trade.test
    shown = [one for one in means if getattr(test, one[0]) is not None]
    if not shown:
        axes.text(0.5, 0.5, "not known for this board", transform=axes.transAxes, ha="center")
        return
    for key, label, ink in shown:
        _both(axes, axis, lambda curve, key=key: getattr(curve, key), ink)  # type: ignore[misc]
        axes.plot([], [], color=ink, label=label.format(short(getattr(test, key)[axis.trade.chosen])))
    _from_zero(axes, max(max(getattr(test, key)) for key, _, _ in shown))
    lines = axes.get_legend_handles_labels()
    mine = [pair for pair in zip(*lines, strict=True) if not pair[1].endswith("split")]
    axes.legend(*zip(*mine, strict=True), loc="upper left", labelcolor=INK["accent"])


def _from_zero(axes: Axes, highest: float) -> None:
    axes.set_ylim(0, 1.2 * highest)
    axes.yaxis.set_major_formatter(FuncFormatter(whole))
    axes.yaxis.set_major_locator(MaxNLocator(5))
