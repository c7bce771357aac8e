"""The cards at the top of a report: one headline each, with the design that it is of."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.report import text
from toolkit.report.schema import Report

ANY_DESIGN = "every design of this network: weights and thresholds decide it"
ANY_WEIGHTED = "every design of this network: its weights decide it"
ANY_LAYERED = "every design of this network: its layers decide it"
THIS_RUN = "the design of this run"


@dataclass(frozen=True)
class Card:
    """One headline.

    Attributes:
        value: the figure.
        words: what it is, in words that go on from the figure.
        design: design that it is of.
        origin: origin of the figure, as in :mod:`toolkit.report.provenance`.
        good: whether it is a success.
    """

    value: str
    words: str
    design: str
    origin: str
    good: bool = False


def cards(report: Report) -> tuple[Card, ...]:
    """Return the cards, in order."""
    return tuple(card for make in _CARDS if (card := make(report)) is not None)


def _quality(report: Report) -> Card:
    if report.result is not None:
        return Card(report.result.headline.shown, report.result.headline.what, ANY_WEIGHTED, "simulated")
    words = f"combined accuracy; {text.percent(report.baseline.right)} without early exit"
    return Card(text.percent(report.combined.right), words, ANY_DESIGN, "simulated")


def _exit_rate(report: Report) -> Card | None:
    if len(report.exits) == 1:
        return None
    first, *later = [text.percent(one.exit_rate, 1) for one in report.exits[:-1]]
    more = "".join(f", {rate} at exit {k}" for k, rate in enumerate(later, 1))
    return Card(first, f"of the frames leave at exit 0{more}", ANY_DESIGN, "simulated")


def _macs(report: Report) -> Card:
    if len(report.exits) == 1:
        words = "multiply-accumulates per frame"
        return Card(text.whole(report.baseline.macs), words, ANY_LAYERED, "counted")
    share = text.percent(report.combined.macs / report.baseline.macs, 0)
    words = "of the multiply-accumulates of the network without early exit"
    return Card(share, words, ANY_DESIGN, "simulated")


def _cycles(report: Report) -> Card:
    first, *later = report.exits
    more = "".join(f", {text.whole(one.interval_cycles)} on exit path {one.index}" for one in later)
    words = f"cycles per frame on exit path {first.index}{more}"
    return Card(text.whole(first.interval_cycles), words, THIS_RUN, "simulated")


def _gain(report: Report) -> Card | None:
    gain, load, equal = report.gain, report.gain_load, report.equal_resources
    if gain is None or load is None or equal is None:
        return None
    energy = "" if gain.energy is None else f", {text.times(gain.energy)} in energy (estimated)"
    how = f"at the rate set by {text.limit(load)}, {load.order} order"
    words = f"the throughput of no early exit, {how}; then {text.times(gain.latency)} in latency{energy}"
    design = f"not this run: two designs of at most {equal.dsp} multipliers on a {equal.part}"
    return Card(text.times(gain.throughput), words, design, "simulated")


def _mismatches(report: Report) -> Card:
    found = report.verification
    words = f"mismatches in {text.whole(found.compared)} integers, hardware against software"
    return Card(text.whole(found.mismatches), words, THIS_RUN, "counted", good=True)


_CARDS = (_quality, _exit_rate, _macs, _cycles, _gain, _mismatches)
