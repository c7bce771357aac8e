"""Plots accuracy, exit rate, latency and energy over the thresholds."""

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


TOLD = 3
"""Largest number of early exits whose thresholds are all written at the axis."""


@dataclass(frozen=True)
class _Axis:
    """The axis of policies, safe ones on the right, without ends that its scale cannot show.

    With one early exit it is an axis of thresholds. With several the policies stand in their order, and the
    thresholds of some are written below, a line per exit.
    """

    trade: TradeOff
    shown: tuple[int, ...]

    @classmethod
    def of(cls, trade: TradeOff) -> _Axis:
        ends = {"top1": lambda t: 0 < t < 1, "entropy": lambda t: t > 0, "margin": lambda t: t > 0}
        fits: Callable[[float], bool] = ends[trade.criterion]
        inner = list(range(len(trade.thresholds)))
        if len(trade.thresholds[0]) == 1:
            inner = [i for i in inner if fits(trade.thresholds[i][0])]
        # The safest threshold of the margin represents infinity: the others would shrink to one point.
        if trade.criterion == "margin" and len(inner) > 2 and inner[0] == 0:
            inner = inner[1:]
        return cls(trade, tuple(inner))

    @property
    def several(self) -> bool:
        """Whether there is more than one early exit."""
        return len(self.trade.thresholds[0]) > 1

    @property
    def places(self) -> list[float]:
        return [self._place(i) for i in self.shown]

    def _place(self, policy: int) -> float:
        return -float(policy) if self.several else self.trade.thresholds[policy][0]

    def pick(self, values: Sequence[float]) -> list[float]:
        return [values[i] for i in self.shown]

    @property
    def marked(self) -> float:
        """Position of the chosen policy on the axis: itself, or the nearest end."""
        places = self.places
        return min(max(self._place(self.trade.chosen), min(places)), max(places))

    @property
    def said(self) -> str:
        """The chosen thresholds in words."""
        chosen = self.trade.thresholds[self.trade.chosen]
        return f"the threshold{'s' * self.several} {', '.join(f'{one:g}' for one in chosen)}"

    def apply(self, axes: Axes) -> None:
        if self.several:
            self._number(axes)
            return
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

    def _number(self, axes: Axes) -> None:
        axes.set_xlim(self.places[-1], self.places[0])
        axes.fmt_xdata = lambda place: ", ".join(f"{one:.4g}" for one in self.trade.thresholds[round(-place)])
        ticks = [self.shown[round(i * (len(self.shown) - 1) / 5)] for i in range(6)]
        axes.set_xticks([self._place(i) for i in ticks], [self._lines(i) for i in ticks])
        which = (
            "first exit's above"
            if len(self.trade.thresholds[0]) <= TOLD
            else "of the first and the last exit"
        )
        axes.set_xlabel(f"{NAMES[self.trade.criterion]}, {which}")

    def _lines(self, policy: int) -> str:
        values = [f"{one:.4g}" for one in self.trade.thresholds[policy]]
        return "\n".join(values if len(values) <= TOLD else (values[0], values[-1]))


def thresholds(report: Report) -> Markup | None:
    """Plot accuracy, exit rate, mean latency and energy over the thresholds; None without an early exit."""
    trade = report.trade_off
    if trade is None:
        return None
    axis = _Axis.of(trade)
    panels = [
        _panel(axis, "Accuracy of all frames", percent(report.combined.right), partial(_accuracy, report)),
        _panel(axis, "Frames that leave early", percent(1 - report.exits[-1].exit_rate), _rates),
        *(_panel(axis, title, "", partial(_means, means)) for title, means in _MEANS.items()),
    ]
    title = "Accuracy, exit rate, latency and energy over the thresholds, calibration and test split"
    lines = min(len(trade.thresholds[0]), TOLD)
    return plot("thresholds", title, panels, height=2.8 + 0.15 * lines)


def _panel(axis: _Axis, title: str, value: str, draw: Callable[[_Axis, Axes], None]) -> Panel:
    """Describe a panel with the value of the chosen policy in its title, where no curve hides it."""

    def complete(axes: Axes) -> None:
        draw(axis, axes)
        axis.apply(axes)
        axes.axvline(axis.marked, color=INK["accent"], linewidth=1)
        axes.set_title(value, loc="right", color=INK["accent"])

    says = f"{value or _said(axis.trade, _MEANS[title])} on the test split at {axis.said}"
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
    for one in report.exits:
        shown = ("-.", ":", "--")[one.index % 3]
        ink = exit_ink(one.index)
        label = f"exit {one.index} alone, test"
        axes.axhline(one.right, color=ink, linestyle=shown, linewidth=1.3, label=label)
    trade = axis.trade
    values = [*trade.test.accuracies, *trade.calibration.accuracies, *(one.right for one in report.exits)]
    near(axes, min(values), max(values))
    axes.legend(loc="lower right")


def _rates(axis: _Axis, axes: Axes) -> None:
    _both(
        axes,
        axis,
        lambda curve: [1 - row[-1] for row in curve.exit_rates],
        INK["ink"] if axis.several else exit_ink(0),
    )
    for k in range(len(axis.trade.thresholds[0])) if axis.several else ():
        rates = axis.pick([row[k] for row in axis.trade.test.exit_rates])
        axes.plot(axis.places, rates, color=exit_ink(k), linewidth=1.3, label=f"at exit {k}, test")
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
    """Say the means of the test split by the chosen policy."""
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
