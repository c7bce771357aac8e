"""Costs under load: time and energy of a frame at the throughput that they stand beside.

Early exit runs as fast as its stages and the host that decides allow, the network without it as fast as it
can; or both at one rate, that of the slower. Latencies are those of :class:`toolkit.cascade.Served`, which
replays the frames of the run at that rate in their order; only the cost of an exit is that of a frame alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from toolkit.boards import Board
from toolkit.cascade import LoadPoint, Served, StagePace
from toolkit.cascade.load import ORDERS, Order
from toolkit.cascade.timing import Ints
from toolkit.core.artifact import Record
from toolkit.core.quantities import Cycles, NonNegative
from toolkit.core.topology import Part, Topology
from toolkit.cost.clock import Clock
from toolkit.cost.exits import Cost, Costs, Gain, Limit, Loads, Work, exit_costs
from toolkit.cost.figures import Energy, Power, total

SLOTS_TRIED = (4, 8, 16, 32, 64, 128)
"""Sizes of the buffer for feature maps whose effect is shown."""


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

    def rates(self, exits: int) -> tuple[float, ...]:
        """Return the share of the frames that leaves at each exit."""
        counts = np.bincount(self.exits, minlength=exits)
        return tuple((counts / len(self.exits)).tolist())

    @property
    def host_interval(self) -> float:
        """Clock cycles in which the host decides on one frame."""
        return self.host_us / self.clock.cycle_us


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
        early_curve, baseline_curve: latency over offered load, in both orders.
        buffers: early exit with buffers of other sizes, in the natural order.
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
    ) -> LoadStudy:
        """Replay the frames of a run on early exit, without it, and on exit 0 alone."""
        early, static = served(stages, setting, slots), Served.static(len(setting.exits), baseline)
        ways: list[tuple[bool, bool]] = [(True, False), (False, False), (True, True)]
        if early.interval >= setting.host_interval:
            ways.pop(1)
        found = [
            cascade_costs(stages, baseline, setting, slots=slots, order=order, host=host, equal_rates=equal)
            for host, equal in ways
            for order in ORDERS
        ]
        energy = total(_energies(setting, Topology.of(setting.energies).stage(0)))
        alone = exit_costs(
            [Work(first.logits, first.interval, energy)],
            [1.0],
            Work(first.logits, first.interval),
            setting.clock,
            setting.on,
            idle=setting.idle,
        )
        return cls(
            slots=slots,
            host_us=setting.host_us,
            operations=tuple(map(_operation, found)),
            first=alone.combined,
            early_curve=tuple(point for order in ORDERS for point in early.curve(order)),
            baseline_curve=tuple(point for order in ORDERS for point in static.curve(order)),
            buffers=tuple(
                SlotPoint(slots=tried, point=served(stages, setting, tried).at(early.interval, "natural"))
                for tried in SLOTS_TRIED
            ),
        )


def served(stages: Sequence[StagePace], setting: Setting, slots: int | None) -> Served:
    """Return early exit with the frames of the run."""
    return Served(setting.exits, tuple(stages), slots, setting.host_cycles, setting.seed)


def cascade_costs(
    stages: Sequence[StagePace],
    baseline: StagePace,
    setting: Setting,
    *,
    slots: int | None = None,
    order: Order = "natural",
    host: bool = True,
    equal_rates: bool = False,
) -> Costs:
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
    topology, works, before = Topology.of(setting.energies), [], 0
    for k, stage in enumerate(stages):
        energy = total(_energies(setting, topology.stage(k)))
        works.append(Work(before + stage.logits, stage.interval, energy))
        before += stage.decided + setting.host_cycles
    early, static = served(stages, setting, slots), Served.static(len(setting.exits), baseline)
    pace = setting.host_interval if host else 0.0
    limit: Limit = "host" if pace > early.interval else "stages"
    offered = [max(early.interval, pace), static.interval]
    if equal_rates:
        limit, offered = "rate", [max(offered)] * 2
    mix, plain = early.at(offered[0], order), static.at(offered[1], order)
    costs = exit_costs(
        works,
        setting.rates(len(stages)),
        Work(plain.mean_latency_cycles, plain.interval_cycles, total(_energies(setting, topology.static))),
        setting.clock,
        setting.on,
        interval_cycles=mix.interval_cycles,
        latency_cycles=mix.mean_latency_cycles,
        idle=setting.idle,
    )
    return costs.model_copy(update={"loads": Loads(order=order, limited_by=limit, early=mix, baseline=plain)})


def _energies(setting: Setting, parts: Sequence[Part]) -> list[Energy]:
    return [setting.energies[part] for part in parts]


def _operation(costs: Costs) -> AtWork:
    assert costs.loads is not None  # made by cascade_costs
    return AtWork(loads=costs.loads, early=costs.combined, baseline=costs.baseline, gain=costs.gain)
