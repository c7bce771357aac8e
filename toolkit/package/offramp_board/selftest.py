"""Runs the examples of a package on a board, compares all answers, and measures latency and power."""

from __future__ import annotations

import json
import statistics
import time
from typing import Any, NamedTuple

import numpy as np

from . import decide
from .board import Answer, Board, BoardError
from .contents import Package

IDLE_S, PAUSE_S, BLOCKS = 2.0, 0.01, 4
"""Seconds of rest before and after the frames; between two samples then; parts of a phase, whose means span
the interval of its power."""


class Differs(Exception):
    """An answer that is not the golden one."""


class Wanted(NamedTuple):
    """What an example must give."""

    exit: int
    label: int
    logits: list[int]


class Passed(NamedTuple):
    """A selftest that found every answer as golden.

    Attributes:
        answers: answers, round by round.
        examples: number of examples of a round.
        power: mean, lowest and highest block, in W, of the phases ``active`` and ``idle``; None if the board
            does not measure it.
    """

    answers: list[Answer]
    examples: int
    power: dict[str, tuple[float, float, float]] | None

    @property
    def frames_per_s(self) -> float:
        """Frames per second, one by one, as this program hands them over."""
        return len(self.answers) / sum(one.seconds for one in self.answers)

    def lines(self) -> list[str]:
        """Say it in words."""
        answers, exits = self.answers, sorted({one.exit for one in self.answers})
        left = ", ".join(f"{sum(one.exit == k for one in answers)} at exit {k}" for k in exits)
        seconds, cycles = [1e3 * one.seconds for one in answers], [one.cycles for one in answers]
        found = [
            f"PASS: {len(answers)} frames ({self.examples} examples), all answers as golden; {left}",
            f"latency seen by this program: {_spread(seconds)} ms; {self.frames_per_s:.1f} frames per second",
        ]
        counted = [one for one in cycles if one is not None]
        if counted:
            found.append(f"cycles in the stages: {_spread(counted)}")
        if self.power is None:
            return [*found, "power: not measured"]
        active, idle = self.power["active"][0], self.power["idle"][0]
        micro = 1e6 * active / self.frames_per_s
        return [*found, f"power: {active:.3f} W, idle {idle:.3f} W; {micro:.4g} uJ per frame at the board"]


def _spread(values: list[Any]) -> str:
    return f"{statistics.median(values):.4g} (median), {min(values):.4g} to {max(values):.4g}"


def wanted(package: Package, logits: np.ndarray) -> list[Wanted]:
    """Return what each example must give, from the golden logits of every exit, int64 [exits, N, classes]."""
    rules = package.about["policy"]["rules"]
    leave = [decide.leaves(rule, logits[k]) for k, rule in enumerate(rules)]
    exits = np.array([*leave, np.ones(logits.shape[1], bool)]).argmax(axis=0)
    rows = logits[exits, np.arange(logits.shape[1])]
    return [Wanted(int(k), int(row.argmax()), row.tolist()) for k, row in zip(exits, rows)]


def selftest(board: Board, seconds: float = 0.0) -> Passed:
    """Run the examples once, or again and again for so many seconds.

    Raises:
        Differs: an answer is not the golden one; names the example.
        BoardError: the board does not answer, or the package has no examples.
    """
    images, logits = board.package.examples()
    expected = wanted(board.package, logits)
    answers: list[Answer] = []
    if not expected:
        raise BoardError(f"{board.package.path} holds no examples: nothing to compare")
    power: dict[str, list[float]] = {"active": [], "idle": []}
    _rest(board, power)
    end = time.monotonic() + seconds
    while not answers or time.monotonic() < end:
        for index, (want, answer) in enumerate(zip(expected, board.classify(images))):
            _sample(board, power["active"])
            found = Wanted(answer.exit, answer.label, answer.logits)
            if found != want:
                raise Differs(f"example {index}: expected {want}, found {found}")
            answers.append(answer)
    _rest(board, power)
    measured = power["active"] and {phase: _mean(watts) for phase, watts in power.items()}
    return Passed(answers, len(images), measured or None)


def _sample(board: Board, watts: list[float]) -> None:
    found = board.link.watts()
    if found is not None:
        watts.append(found)


def _rest(board: Board, power: dict[str, list[float]]) -> None:
    end = time.monotonic() + IDLE_S
    while board.link.watts() is not None and time.monotonic() < end:
        _sample(board, power["idle"])
        time.sleep(PAUSE_S)


def _mean(watts: list[float]) -> tuple[float, float, float]:
    blocks = [float(block.mean()) for block in np.array_split(np.array(watts), min(BLOCKS, len(watts)))]
    mean = statistics.fmean(watts)
    return mean, min(*blocks, mean), max(*blocks, mean)


def measurements(package: Package, passed: Passed) -> str:
    """Return the measurement as a file for ``offramp cost RUN --measurements FILE``.

    Raises:
        BoardError: power was not measured, or is no higher with frames than without.
    """
    about = package.about
    if passed.power is None:
        raise BoardError("power was not measured: name rails (--device pynq:RAIL,...), if the board has any")
    active, active_low, active_high = passed.power["active"]
    idle, idle_low, idle_high = passed.power["idle"]
    if active_low <= idle_high:
        found = f"{active_low:.4g} W with frames, {idle_high:.4g} W without"
        raise BoardError(f"power above idle is not seen: {found}. Measure for longer (--seconds).")
    rate, source = passed.frames_per_s, f"selftest of {package.path.name}"
    products = []
    for k, stage in enumerate(about["work"]):
        share = sum(one.exit >= k for one in passed.answers) / len(passed.answers)
        products += [{**layer, "macs": max(1, round(share * layer["macs"]))} for layer in stage if share]
    row = {
        "board": about["target"],
        "network": about["model"],
        "active_w": active,
        "idle_w": idle,
        "frames_per_s": rate,
        "board_uj": 1e6 * active / rate,
        "incremental_uj": {
            "low": 1e6 * (active_low - idle_high) / rate,
            "high": 1e6 * (active_high - idle_low) / rate,
        },
        "source": source,
    }
    derived = "multiply-accumulates of the stages, by the share of the frames that reached each"
    value = {
        "schema": 1,
        "name": source,
        "source": source,
        "family": about["family"],
        "conditions": "frames one by one from Python; the power holds the processor's share of the work",
        "networks": {about["model"]: {"source": source, "derived": derived, "products": products}},
        "rows": [row],
    }
    return json.dumps(value, indent=2)
