"""The costs of a run: of its own design, and of the designs at equal resources."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from toolkit.cascade import StagePace, interval_at
from toolkit.core.artifact import Artifact, Record
from toolkit.core.errors import ArtifactError
from toolkit.core.quantities import Count, NonNegative, Positive
from toolkit.cost.apportion import AboveIdle
from toolkit.cost.exits import Costs
from toolkit.cost.figures import Energy
from toolkit.cost.load import LoadedCosts, LoadStudy, Setting, cascade_costs

Design = tuple[Sequence[StagePace], StagePace]
"""Pace of every stage with early exits, and of the network without."""
ReferenceDesign = tuple[Sequence[StagePace], StagePace, StagePace]
"""The same, and the pace of the network that ends at exit 0."""


class RunCosts(Artifact):
    """The costs of a run, all under load.

    Attributes:
        equal_folding: costs of the design of the run, whose feature maps the host keeps; its baseline is the
            last exit path.
        equal_resources: costs of the two designs of the reference budget.
        under_load: the same two designs at other rates and in both orders.
        above_idle: how sure the gain in energy above idle is.
        segments_uj: part of the network -> energy above idle of a frame in it.
    """

    FILE: ClassVar[str] = "costs.json"

    equal_folding: LoadedCosts
    equal_resources: LoadedCosts
    under_load: LoadStudy
    above_idle: AboveIdle
    segments_uj: dict[str, Energy]

    @classmethod
    def of(
        cls,
        equal_folding: Design,
        reference: ReferenceDesign,
        slots: int,
        setting: Setting,
        above_idle: AboveIdle,
    ) -> Self:
        """Compute all costs.

        Args:
            equal_folding: design of the run.
            reference: designs of the reference budget.
            slots: feature maps that the reference design keeps in front of each later stage.
            setting: frames, energies, clock and board.
            above_idle: gain in energy above idle, in two ways.
        """
        full = cascade_costs(*reference[:2], setting, slots=slots)
        return cls(
            equal_folding=cascade_costs(*equal_folding, setting),
            equal_resources=full,
            under_load=LoadStudy.of(*reference, setting, slots, full),
            above_idle=above_idle,
            segments_uj={part.name: energy for part, energy in setting.energies.items()},
        )

    def require(self, rates: Sequence[float], folder: Path) -> None:
        """Refuse costs that were computed for other exit rates.

        Args:
            rates: share of the test frames that leaves at each exit.
            folder: folder of the costs, for messages.

        Raises:
            ArtifactError: the exit rates differ.
        """
        for costs in (self.equal_folding, self.equal_resources):
            if len(costs.exit_rates) != len(rates) or not np.allclose(costs.exit_rates, rates, atol=1e-9):
                raise ArtifactError(
                    f"exit rates in {folder / self.FILE}",
                    expected=list(rates),
                    found=list(costs.exit_rates),
                    fix="Work the costs out again with `offramp cost`.",
                )

    def summary(self) -> str:
        """Summarise the costs in one line."""
        costs = self.equal_resources
        energy, gain = costs.combined.energy_uj, costs.gain
        words = [f"{costs.combined.latency_us:.1f} us and {costs.combined.frames_per_s:,.0f} frames/s"]
        if energy is not None:
            words.append(f"{energy.value:.1f} uJ per frame on {costs.board} ({energy.provenance})")
        times = {
            "throughput": gain.throughput,
            "latency": gain.latency,
            "energy": gain.energy,
            "EDP": gain.edp,
        }
        better = ", ".join(f"{name} {value:.1f}x" for name, value in times.items() if value is not None)
        host_us = self.under_load.host_us
        decision = f"decision in {host_us:g} us" if host_us else "decision takes no time"
        under = f"under load, {costs.loads.order} order, {decision}"
        return f"{', '.join(words)} {under}; against no early exit at equal resources: {better}"


class MeanTerms(Record):
    """What mean latency and energies of a design depend on, at any exit rates.

    Latency, of frames alone, and incremental energy are means over the exits. Idle power is charged as for
    the mix: for the interval that stages and host have at these rates.

    Attributes:
        latency_us: microseconds until each exit.
        incremental_uj: energy above idle of a frame that leaves at each exit; None if it is not known.
        idle_w: idle power; None if it is not known.
        by_interval: whether idle power is charged for the interval between frames, or for the latency.
        stages: pace of each stage.
        decision_cycles: clock cycles in which the host decides on one frame.
        cycle_us: microseconds of a clock cycle.
    """

    latency_us: tuple[NonNegative, ...]
    incremental_uj: tuple[NonNegative, ...] | None
    idle_w: NonNegative | None
    by_interval: bool
    stages: tuple[StagePace, ...]
    decision_cycles: Count
    cycle_us: Positive

    @classmethod
    def of(cls, costs: Costs, stages: Sequence[StagePace], host_us: float = 0.0) -> Self:
        """Take them from the costs of a design.

        Args:
            costs: costs of the design.
            stages: pace of each of its stages.
            host_us: microseconds in which the host decides on one frame.
        """
        mix, by_interval = costs.combined, costs.occupied == "interval"
        each = tuple(one.incremental_uj.value for one in costs.exits if one.incremental_uj is not None)
        known = len(each) == len(costs.exits)
        idle_w = None
        if known and mix.energy_uj is not None and mix.incremental_uj is not None:
            charged = mix.interval_us if by_interval else mix.latency_us
            idle_w = (mix.energy_uj.value - mix.incremental_uj.value) / charged
        return cls(
            latency_us=tuple(one.latency_us for one in costs.exits),
            incremental_uj=each if known else None,
            idle_w=idle_w,
            by_interval=by_interval,
            stages=tuple(stages),
            decision_cycles=costs.clock_mhz.cycles(host_us),
            cycle_us=costs.clock_mhz.cycle_us,
        )

    def at(self, exit_rates: NDArray[np.float64]) -> dict[str, tuple[float, ...] | None]:
        """Compute the means.

        Args:
            exit_rates: T sets of exit rates, float64 [T, exits].

        Returns:
            ``latency_us``, ``energy_uj`` and ``incremental_uj`` -> T values; None if not known.
        """
        latency = exit_rates @ np.array(self.latency_us)
        incremental = energy = None
        if self.incremental_uj is not None:
            incremental = exit_rates @ np.array(self.incremental_uj)
            if self.idle_w is not None:
                between = interval_at(exit_rates, self.stages, self.decision_cycles) * self.cycle_us
                energy = self.idle_w * (between if self.by_interval else latency) + incremental
        found = {"latency_us": latency, "energy_uj": energy, "incremental_uj": incremental}
        return {name: None if one is None else tuple(one.tolist()) for name, one in found.items()}
