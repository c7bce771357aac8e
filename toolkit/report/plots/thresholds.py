"""Plots accuracy, exit rate, latency and energy over the threshold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter, NullLocator

from toolkit.report.plots.common import WIDTH, exit_ink, near, style
from toolkit.report.schema import Report, TradeOff
from toolkit.report.svg import INK, to_svg
from toolkit.report.text import percent

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
        axes.tick_params(axis="x", labelsize=9)
        axes.set_xlabel(NAMES[self.trade.criterion])


def thresholds(report: Report) -> Markup | None:
    """Plot accuracy, exit rate, mean latency and energy over the threshold; None without an early exit."""
    trade = report.trade_off
    if trade is None:
        return None
    axis = _Axis.of(trade)
    with style():
        figure = Figure(figsize=(WIDTH, 5.9))
        (accuracy, rate), (latency, energy) = figure.subplots(2, 2)
        _accuracy(accuracy, report, axis)
        _rates(rate, report, axis)
        _mean(latency, axis, "latency_us", "Mean latency", "µs")
        _energy(energy, report, axis)
        for axes in (accuracy, rate, latency, energy):
            axis.apply(axes)
            axes.axvline(axis.marked, color=INK["accent"], linewidth=1)
        title = "Accuracy, exit rate, latency and energy over the threshold, calibration and test split"
        return to_svg(figure, "thresholds", title)


def _both(axes: Axes, axis: _Axis, pick: Callable[[object], Sequence[float]], ink: str) -> None:
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


def _accuracy(axes: Axes, report: Report, axis: _Axis) -> None:
    _both(axes, axis, lambda curve: curve.accuracies, INK["ink"])  # type: ignore[attr-defined]
    for one in (report.exits[0], report.exits[-1]):
        shown = ":" if one.index else "-."
        ink = exit_ink(one.index)
        label = f"exit {one.index} alone, test"
        axes.axhline(one.accuracy, color=ink, linestyle=shown, linewidth=1.3, label=label)
    trade = axis.trade
    values = [*trade.test.accuracies, *trade.calibration.accuracies, *(one.accuracy for one in report.exits)]
    near(axes, min(values), max(values))
    axes.set_title("Accuracy of all frames")
    axes.legend(loc="lower right", fontsize=8.5)
    _say(axes, percent(report.combined.accuracy))


def _rates(axes: Axes, report: Report, axis: _Axis) -> None:
    _both(axes, axis, lambda curve: [1 - row[-1] for row in curve.exit_rates], exit_ink(0))  # type: ignore[attr-defined]
    axes.set_ylim(0, 1.04)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: percent(value, 0)))
    axes.set_title("Share of frames that leave early")
    axes.legend(loc="lower left", fontsize=8.5)
    _say(axes, percent(1 - report.exits[-1].exit_rate))


def _mean(axes: Axes, axis: _Axis, key: str, title: str, unit: str) -> None:
    values = getattr(axis.trade.test, key)
    _both(axes, axis, lambda curve: getattr(curve, key), INK["s0"])
    axes.set_title(f"{title}, {unit}")
    _from_zero(axes, max(values))
    _say(axes, f"{values[axis.trade.chosen]:.1f} {unit}")


def _energy(axes: Axes, report: Report, axis: _Axis) -> None:
    test = axis.trade.test
    shown = [
        (key, label, ink)
        for key, label, ink in (
            ("energy_uj", "board", INK["s5"]),
            ("incremental_uj", "above idle", INK["s6"]),
        )
        if getattr(test, key) is not None
    ]
    axes.set_title("Mean energy per frame, µJ (estimated)")
    if not shown:
        axes.text(0.5, 0.5, "not known for this board", transform=axes.transAxes, ha="center")
        return
    for key, label, ink in shown:
        _both(axes, axis, lambda curve, key=key: getattr(curve, key), ink)  # type: ignore[misc]
        axes.plot([], [], color=ink, label=f"{label}: {getattr(test, key)[axis.trade.chosen]:.1f} µJ")
    _from_zero(axes, max(max(getattr(test, key)) for key, _, _ in shown))
    lines = axes.get_legend_handles_labels()
    mine = [pair for pair in zip(*lines, strict=True) if not pair[1].endswith("split")]
    axes.legend(*zip(*mine, strict=True), loc="center right", fontsize=8.5, labelcolor=INK["accent"])


def _say(axes: Axes, value: str) -> None:
    """Write the value at the chosen threshold into the title, where no curve hides it."""
    axes.set_title(value, loc="right", color=INK["accent"])


def _from_zero(axes: Axes, highest: float) -> None:
    axes.set_ylim(0, 1.2 * highest)
    axes.yaxis.set_major_locator(MaxNLocator(5))
