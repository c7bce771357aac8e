"""Costs of each exit, of the mix of all frames, and of the static baseline.

Time. A frame occupies the accelerator for one interval: the time between frames when they follow without a
gap. A cascade whose stages are all on the chip takes frames at the pace of its slowest stage, and stage k
sees only the frames that reach it, so ``interval = max(reach[k] * interval[k])``.

Board energy is ``idle power * time + incremental energy``. The time charged is the interval (``"interval"``):
in continuous operation all frames in flight share the idle power, and the share of a frame is one interval.
Charging the latency instead would count the idle power once for every frame in flight; it is right only if
frames come one at a time (``"latency"``). Mix and baseline are always charged by the same rule.

The incremental energy of exit k is that of stages 0..k (earlier heads have run too); that of the mix is the
sum over the stages, each weighted with the share of frames that reach it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from toolkit.boards import Board
from toolkit.cascade.timing import reach
from toolkit.core.artifact import Record
from toolkit.core.errors import BadOption
from toolkit.core.quantities import NonNegative, Positive
from toolkit.cost.clock import Clock
from toolkit.cost.figures import Energy, Power, total

Occupied = Literal["interval", "latency"]


@dataclass(frozen=True)
class Work:
    """Cycles and energy per frame of one accelerator, or of one stage of a cascade.

    Attributes:
        latency_cycles: clock cycles until the answer; of an exit, from the image's first beat.
        interval_cycles: clock cycles between frames in steady state.
        incremental: energy above idle; of an exit, that of its stage alone. None: not known.
    """

    latency_cycles: float
    interval_cycles: float
    incremental: Energy | None = None

    def __post_init__(self) -> None:
        for what, cycles in (("latency", self.latency_cycles), ("interval", self.interval_cycles)):
            if not 0 < cycles < math.inf:
                raise BadOption(f"{what} in cycles", expected="above 0", found=cycles)


class Cost(Record):
    """The cost of one frame.

    Attributes:
        latency_us, interval_us: latency and time between frames.
        frames_per_s: throughput.
        energy_uj: energy at the board's input; None if the board's idle power is not known.
        incremental_uj: part of it that is above idle; None if not known.
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
    """Ratios of baseline to mix, for throughput of mix to baseline: larger is better."""

    throughput: Positive
    latency: Positive
    energy: Positive | None
    edp: Positive | None
    energy_incremental: Positive | None
    edp_incremental: Positive | None


class Costs(Record):
    """Costs of a design and of its baseline.

    Attributes:
        board: name of the board.
        occupied: time for which idle power is charged.
        exits: cost of each exit, if every frame left there; latency of a frame alone.
        combined: cost of the mix.
        baseline: cost of the network without early exits.
        missing: reasons why figures are None; empty if all are known.
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
    latency_cycles: float | None = None,
    idle: Power | None = None,
) -> Costs:
    """Compute the costs of each exit, of the mix and of the baseline.

    Args:
        exits: per exit, the latency of a frame that leaves there, and interval and energy of its stage alone.
        exit_rates: shares of all frames that leave at each exit; their sum is 1.
        baseline: the same backbone without early exits.
        clock: clock for which times are given.
        board: board for which energies are given.
        occupied: time for which the board's idle power is charged.
        interval_cycles: simulated interval of the mix; None: computed from those of the stages.
        latency_cycles: mean latency of the mix under load; None: of frames alone.
        idle: the board's idle power as measured by the user; None: the board's constant.

    Raises:
        BadOption: there are no exits, the rates are not one share per exit, or the clock is not above 0.
    """
    _check(exits, exit_rates)
    there, bill = reach(exit_rates).tolist(), Bill.of(clock, board, idle, occupied)
    lines = []
    for index in range(len(exits)):
        stages = exits[: index + 1]
        interval = max(stage.interval_cycles for stage in stages)
        energy = _weighed([(1.0, stage.incremental) for stage in stages])
        lines.append(bill.cost(Work(exits[index].latency_cycles, interval, energy)))
    if interval_cycles is None:
        interval_cycles = max(share * one.interval_cycles for share, one in zip(there, exits, strict=True))
    alone = math.fsum(rate * one.latency_cycles for rate, one in zip(exit_rates, exits, strict=True))
    mix = Work(
        alone if latency_cycles is None else latency_cycles,
        interval_cycles,
        _weighed([(share, one.incremental) for share, one in zip(there, exits, strict=True)]),
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
        missing=tuple(_missing(board, bill.idle, [combined, static])),
    )


def _check(exits: Sequence[Work], rates: Sequence[float]) -> None:
    if not exits or len(exits) != len(rates):
        raise BadOption("exit rates", expected=f"one for each of {len(exits)} exits", found=len(rates))
    if not all(0 <= rate <= 1 for rate in rates) or not math.isclose(math.fsum(rates), 1, abs_tol=1e-9):
        raise BadOption("exit rates", expected="shares that add up to 1", found=list(rates))


def _weighed(parts: Sequence[tuple[float, Energy | None]]) -> Energy | None:
    """Sum energies times weights; None if one is not known."""
    known = [energy.scaled(weight) for weight, energy in parts if energy is not None]
    return total(known) if len(known) == len(parts) else None


@dataclass(frozen=True)
class Bill:
    """The rule by which work is charged.

    Attributes:
        cycle_us: time of a cycle, in µs.
        idle: the board's idle power; None: not known.
        occupied: time for which it is charged.
    """

    cycle_us: float
    idle: Power | None
    occupied: Occupied

    @classmethod
    def of(cls, clock: Clock, board: Board, idle: Power | None, occupied: Occupied = "interval") -> Bill:
        """Return the rule for a board, with its idle power as measured by the user; None: its constant."""
        if idle is None and board.idle_w is not None:
            idle = Power.of(board.idle_w)
        return cls(clock.cycle_us, idle, occupied)

    def cost(self, work: Work) -> Cost:
        """Return the cost of one frame."""
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
