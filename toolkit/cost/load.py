"""Costs under load: time and energy of a frame at the throughput that they stand beside.

Early exit runs as fast as its stages and the host that decides allow, the network without it as fast as it
can; or both at one rate, that of the slower. Latencies are those of :class:`toolkit.cascade.Served`, which
replays the frames of the run at that rate in their order; only the cost of an exit is that of a frame alone.
Where the host decides, the time of the decision is in every latency of early exit as well as in its rate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from toolkit.boards import Board
from toolkit.cascade import LoadPoint, Served, StagePace
from toolkit.cascade.load import ORDERS, Order
from toolkit.cascade.timing import Ints, exit_rates
from toolkit.core.artifact import Record
from toolkit.core.quantities import Count, Cycles, NonNegative
from toolkit.core.topology import Part, Topology
from toolkit.cost.clock import Clock
from toolkit.cost.exits import Bill, Cost, Costs, Gain, Work, exit_costs
from toolkit.cost.figures import Energy, Power, total

SLOTS_TRIED = (4, 8, 16, 32, 64, 128)
"""Sizes of the buffer for feature maps whose effect is shown."""

Limit = Literal["stages", "host", "rate"]
"""What sets the rate of early exit: its stages, the host that decides, or the slower of both designs."""


@dataclass(frozen=True)
class Setting:
    """What all designs of a run have in common.

    Attributes:
        exits: exit of each test frame, int64 [N], in the order of the test split.
        energies: energy above idle of a frame in each part of the network.
        clock: clock for which times are given.
        on: board for which energies are given.
        host_cycles: clock cycles that the host takes between two stages.
        host_us: microseconds in which the host decides on one frame; 0: it takes no time.
        idle: idle power of the board as measured by the user; None: the board's constant.
        seed: seed of the random orders.
    """

    exits: Ints
    energies: Mapping[Part, Energy]
    clock: Clock
    on: Board
    host_cycles: int = 0
    host_us: float = 0.0
    idle: Power | None = None
    seed: int = 0

    @property
    def decision_cycles(self) -> int:
        """Clock cycles in which the host decides on one frame."""
        return self.clock.cycles(self.host_us)


class Loads(Record):
    """The loads for which costs hold.

    Attributes:
        order: order in which the frames came.
        limited_by: what sets the rate of early exit.
        decision_cycles: clock cycles of a decision, which are in the latency of early exit.
        early, baseline: rate, latency and queues of both designs.
    """

    order: Order
    limited_by: Limit
    decision_cycles: Count
    early: LoadPoint
    baseline: LoadPoint


class LoadedCosts(Costs):
    """Costs under load; ``loads``: those for which ``combined``, ``baseline`` and ``gain`` hold."""

    loads: Loads


class AtWork(Record):
    """Both designs of the reference budget at work.

    Attributes:
        loads: rates, order, and what limits early exit.
        early, baseline: cost of a frame, energy times latency included.
        gain: ratios of the two.
    """

    loads: Loads
    early: Cost
    baseline: Cost
    gain: Gain

    @classmethod
    def of(cls, costs: LoadedCosts) -> AtWork:
        """Leave out the exits, which do not depend on the load."""
        return cls(loads=costs.loads, early=costs.combined, baseline=costs.baseline, gain=costs.gain)


class SlotPoint(Record):
    """Early exit with a buffer of another size, at its full rate."""

    slots: Cycles
    point: LoadPoint


class LoadStudy(Record):
    """The designs of the reference budget under load.

    Attributes:
        slots: feature maps that the buffer in front of each later stage holds.
        host_us: microseconds in which the host decides on one frame; 0: it takes no time.
        operations: full rates with the host's decision and with one that takes no time, and equal rates;
            each in the natural and in random order.
        first: cost of a frame if all are answered at exit 0 by a network that ends there, at its full rate.
        early_curve: latency over offered load in both orders, with the host's decision.
        baseline_curve: the same without early exit, where the order does not matter.
        buffers: early exit with buffers of other sizes, at its full rate in natural order, likewise.
    """

    slots: Cycles
    host_us: NonNegative
    operations: tuple[AtWork, ...]
    first: Cost
    early_curve: tuple[LoadPoint, ...]
    baseline_curve: tuple[LoadPoint, ...]
    buffers: tuple[SlotPoint, ...]

    @classmethod
    def of(
        cls,
        stages: Sequence[StagePace],
        baseline: StagePace,
        first: StagePace,
        setting: Setting,
        slots: int,
        full: LoadedCosts,
    ) -> LoadStudy:
        """Replay the frames of a run on early exit, without it, and on exit 0 alone.

        Args:
            stages: pace of each stage.
            baseline: pace of the network without early exits.
            first: pace of the network that ends at exit 0.
            setting: frames, energies, clock and board.
            slots: feature maps that the buffer in front of each later stage holds.
            full: costs of both designs at their full rates, in natural order and with the host's decision.
        """
        early = served(stages, setting, slots)
        ways = [(True, False), *([(False, False)] if setting.decision_cycles else []), (True, True)]
        others = [
            cascade_costs(stages, baseline, setting, slots=slots, order=order, host=host, equal_rates=equal)
            for host, equal, order in [(*way, order) for way in ways for order in ORDERS][1:]
        ]
        energy = total(_energies(setting, Topology.of(setting.energies).stage(0)))
        bill = Bill.of(setting.clock, setting.on, setting.idle)
        return cls(
            slots=slots,
            host_us=setting.host_us,
            operations=tuple(map(AtWork.of, (full, *others))),
            first=bill.cost(Work(first.logits, first.interval, energy)),
            early_curve=tuple(point for order in ORDERS for point in early.curve(order)),
            baseline_curve=Served.static(len(setting.exits), baseline).curve("natural"),
            buffers=tuple(
                SlotPoint(slots=tried, point=served(stages, setting, tried).at(early.interval, "natural"))
                for tried in SLOTS_TRIED
            ),
        )


def served(stages: Sequence[StagePace], setting: Setting, slots: int | None, *, host: bool = True) -> Served:
    """Return early exit with the frames of the run; ``host``: the host decides, in its time."""
    decision = setting.decision_cycles if host else 0
    return Served(setting.exits, tuple(stages), slots, setting.host_cycles, decision, setting.seed)


def cascade_costs(
    stages: Sequence[StagePace],
    baseline: StagePace,
    setting: Setting,
    *,
    slots: int | None = None,
    order: Order = "natural",
    host: bool = True,
    equal_rates: bool = False,
) -> LoadedCosts:
    """Compute costs under load from the pace of every stage and of the baseline.

    Args:
        stages: pace of each stage.
        baseline: pace of the network without early exits.
        setting: frames, energies, clock and board.
        slots: feature maps that the buffer in front of each later stage holds; None: any number.
        order: order in which the frames come.
        host: whether the host decides, in its time, or the decision takes none.
        equal_rates: both designs get frames at one rate, that of the slower; else each at its full rate.
    """
    early = served(stages, setting, slots, host=host)
    static = Served.static(len(setting.exits), baseline)
    topology, works, before = Topology.of(setting.energies), [], 0
    for k, stage in enumerate(stages):
        decision = early.decision_cycles if k < topology.last else 0
        energy = total(_energies(setting, topology.stage(k)))
        works.append(Work(before + stage.logits + decision, stage.interval, energy))
        before += stage.passed(decision) + setting.host_cycles
    limit: Limit = "host" if early.host_limits else "stages"
    offered = [early.interval, static.interval]
    if equal_rates:
        limit, offered = "rate", [max(offered)] * 2
    mix, plain = early.at(offered[0], order), static.at(offered[1], order)
    costs = exit_costs(
        works,
        exit_rates(setting.exits, len(stages)).tolist(),
        Work(plain.mean_latency_cycles, plain.interval_cycles, total(_energies(setting, topology.static))),
        setting.clock,
        setting.on,
        interval_cycles=mix.interval_cycles,
        latency_cycles=mix.mean_latency_cycles,
        idle=setting.idle,
    )
    loads = Loads(
        order=order, limited_by=limit, decision_cycles=early.decision_cycles, early=mix, baseline=plain
    )
    return LoadedCosts(**dict(costs), loads=loads)


def _energies(setting: Setting, parts: Sequence[Part]) -> list[Energy]:
    return [setting.energies[part] for part in parts]
