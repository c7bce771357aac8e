"""What each exit costs, what the mix costs, and what the static baseline would have cost.

Time. A frame occupies the accelerator for one interval: the time between frames when they follow without a
gap. A cascade whose stages are all on the chip takes frames at the pace of its slowest stage, and stage k
sees only the frames that got there, so ``interval = max(reach[k] * interval[k])``.

Board energy is ``idle power * time + incremental energy``. The time charged is the interval (``"interval"``):
in continuous operation the floor burns once for all frames in flight, and a frame's share is one interval.
Charging the latency instead would count the same watts once for every frame in flight; it is right only where
frames come one at a time (``"latency"``). Mix and baseline are always charged by the same rule.

Incremental energy of exit k is that of the steps 0..k (trunk and head each: earlier heads have run too); of
the mix, each step's times the share of frames that reach it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from toolkit.boards import Board
from toolkit.core.artifact import Record
from toolkit.core.errors import BadOption
from toolkit.core.quantities import NonNegative, Positive
from toolkit.cost.clock import Clock
from toolkit.cost.figures import Energy, Power, total

Occupied = Literal["interval", "latency"]


@dataclass(frozen=True)
class Work:
    """What one accelerator, or one stage of a cascade, does per frame.

    Attributes:
        latency_cycles: until the answer is out; of an exit, from the image's first beat on.
        interval_cycles: between frames in steady state; of a stage, its own.
        incremental: energy above idle; of an exit, what its stage adds. None: not known.
    """

    latency_cycles: float
    interval_cycles: float
    incremental: Energy | None = None

    def __post_init__(self) -> None:
        for what, cycles in (("latency", self.latency_cycles), ("interval", self.interval_cycles)):
            if not 0 < cycles < math.inf:
                raise BadOption(f"{what} in cycles", expected="above 0", found=cycles)


class Cost(Record):
    """Cost of one frame.

    Attributes:
        energy_uj: at the board's input; None if the board's idle power is not known.
        incremental_uj: what of it is above idle; None if not known.
        edp, edp_incremental: energy times latency, in µJ * µs; of a mix, mean energy times mean latency.
    """

    latency_us: Positive
    interval_us: Positive
    frames_per_s: Positive
    energy_uj: Energy | None
    incremental_uj: Energy | None
    edp: NonNegative | None
    edp_incremental: NonNegative | None


class Gain(Record):
    """Baseline divided by mix, and for throughput the other way round: more is better."""

    throughput: Positive
    latency: Positive
    energy: Positive | None
    edp: Positive | None
    energy_incremental: Positive | None
    edp_incremental: Positive | None


class Costs(Record):
    """Everything about cost.

    Attributes:
        exits: per exit, if every frame left there.
        combined: of the mix.
        missing: why figures are None; empty if all are there.
    """

    board: str
    clock_mhz: Clock
    occupied: Occupied
    exit_rates: tuple[float, ...]
    exits: tuple[Cost, ...]
    combined: Cost
    baseline: Cost
    gain: Gain
    missing: tuple[str, ...]


def exit_costs(
    exits: Sequence[Work],
    exit_rates: Sequence[float],
    baseline: Work,
    clock: Clock,
    board: Board,
    *,
    occupied: Occupied = "interval",
    interval_cycles: float | None = None,
    idle: Power | None = None,
) -> Costs:
    """Cost of each exit, of the mix and of the baseline.

    Args:
        exits: per exit: the latency of a frame that leaves there, the interval and energy of its step alone.
        exit_rates: shares of all frames; they add up to 1.
        baseline: the same backbone without early exits.
        occupied: what the board's idle power is charged for.
        interval_cycles: of the mix, where simulated; None: from the stages' intervals.
        idle: the board's idle power, where measured by the user; None: the board's constant.

    Raises:
        BadOption: no exits, another number of rates, rates that are no shares, a clock of 0 or less.
    """
    _check(exits, exit_rates)
    reach = [math.fsum(exit_rates[index:]) for index in range(len(exits))]
    if idle is None and board.idle_w is not None:
        idle = Power.of(board.idle_w)
    bill = _Bill(clock.cycle_us, idle, occupied)
    lines = []
    for index in range(len(exits)):
        steps = exits[: index + 1]
        interval = max(step.interval_cycles for step in steps)
        energy = _weighed([(1.0, step.incremental) for step in steps])
        lines.append(bill.cost(Work(exits[index].latency_cycles, interval, energy)))
    if interval_cycles is None:
        interval_cycles = max(share * one.interval_cycles for share, one in zip(reach, exits, strict=True))
    mix = Work(
        math.fsum(rate * one.latency_cycles for rate, one in zip(exit_rates, exits, strict=True)),
        interval_cycles,
        _weighed([(share, one.incremental) for share, one in zip(reach, exits, strict=True)]),
    )
    combined, static = bill.cost(mix), bill.cost(baseline)
    return Costs(
        board=board.name,
        clock_mhz=clock,
        occupied=occupied,
        exit_rates=tuple(exit_rates),
        exits=tuple(lines),
        combined=combined,
        baseline=static,
        gain=_gain(static, combined),
        missing=tuple(_missing(board, idle, [combined, static])),
    )


def _check(exits: Sequence[Work], rates: Sequence[float]) -> None:
    if not exits or len(exits) != len(rates):
        raise BadOption("exit rates", expected=f"one for each of {len(exits)} exits", found=len(rates))
    if not all(0 <= rate <= 1 for rate in rates) or not math.isclose(math.fsum(rates), 1, abs_tol=1e-9):
        raise BadOption("exit rates", expected="shares that add up to 1", found=list(rates))


def _weighed(parts: Sequence[tuple[float, Energy | None]]) -> Energy | None:
    """Sum of energies times weights; None if one is not known."""
    known = [energy.scaled(weight) for weight, energy in parts if energy is not None]
    return total(known) if len(known) == len(parts) else None


@dataclass(frozen=True)
class _Bill:
    """How work is charged."""

    cycle_us: float
    idle: Power | None
    occupied: Occupied

    def cost(self, work: Work) -> Cost:
        latency = work.latency_cycles * self.cycle_us
        interval = work.interval_cycles * self.cycle_us
        time = interval if self.occupied == "interval" else latency
        energy = None
        if self.idle is not None and work.incremental is not None:
            energy = total([self.idle.for_us(time), work.incremental])
        return Cost(
            latency_us=latency,
            interval_us=interval,
            frames_per_s=1e6 / interval,
            energy_uj=energy,
            incremental_uj=work.incremental,
            edp=None if energy is None else energy.value * latency,
            edp_incremental=None if work.incremental is None else work.incremental.value * latency,
        )


def _gain(baseline: Cost, mix: Cost) -> Gain:
    return Gain(
        throughput=mix.frames_per_s / baseline.frames_per_s,
        latency=baseline.latency_us / mix.latency_us,
        energy=_ratio(_value(baseline.energy_uj), _value(mix.energy_uj)),
        edp=_ratio(baseline.edp, mix.edp),
        energy_incremental=_ratio(_value(baseline.incremental_uj), _value(mix.incremental_uj)),
        edp_incremental=_ratio(baseline.edp_incremental, mix.edp_incremental),
    )


def _value(energy: Energy | None) -> float | None:
    return None if energy is None else energy.value


def _ratio(above: float | None, below: float | None) -> float | None:
    return above / below if above is not None and below else None


def _missing(board: Board, idle: Power | None, costs: Sequence[Cost]) -> list[str]:
    reasons = []
    if idle is None:
        reasons.append(f"{board.name}: no idle power of this board was ever measured in public")
    if any(cost.incremental_uj is None for cost in costs):
        reasons.append(f"{board.name}: no incremental energy; no model was fitted to {board.family} boards")
    return reasons
