"""The costs of a run: of its own design, and of the designs at equal resources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from toolkit.boards import Board
from toolkit.cascade import StagePace, interval_at
from toolkit.core.artifact import Artifact
from toolkit.core.errors import ArtifactError
from toolkit.core.topology import Part, Topology
from toolkit.cost.clock import Clock
from toolkit.cost.exits import Costs, Work, exit_costs
from toolkit.cost.figures import Energy, Power, total

Design = tuple[Sequence[StagePace], StagePace]
"""Pace of every stage with early exits, and of the network without."""


class RunCosts(Artifact):
    """The costs of a run.

    Attributes:
        equal_folding: costs of the design of the run; its baseline is the last exit path.
        equal_resources: costs of the two designs of the reference budget.
        segments_uj: part of the network -> energy above idle of a frame in it.
    """

    FILE: ClassVar[str] = "costs.json"

    equal_folding: Costs
    equal_resources: Costs
    segments_uj: dict[str, Energy]

    @classmethod
    def of(
        cls,
        equal_folding: Design,
        equal_resources: Design,
        exit_rates: Sequence[float],
        energies: Mapping[Part, Energy],
        clock: Clock,
        on: Board,
        *,
        host_cycles: int,
        idle: Power | None = None,
    ) -> Self:
        """Compute both costs; the other arguments are those of :func:`cascade_costs`."""
        costs = [
            cascade_costs(*design, exit_rates, energies, clock, on, host_cycles=host_cycles, idle=idle)
            for design in (equal_folding, equal_resources)
        ]
        return cls(
            equal_folding=costs[0],
            equal_resources=costs[1],
            segments_uj={part.name: energy for part, energy in energies.items()},
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
        return f"{', '.join(words)}; against no early exit at equal resources: {better}"


def cascade_costs(
    stages: Sequence[StagePace],
    baseline: StagePace,
    exit_rates: Sequence[float],
    energies: Mapping[Part, Energy],
    clock: Clock,
    on: Board,
    *,
    host_cycles: int,
    idle: Power | None = None,
) -> Costs:
    """Compute costs from the pace of every stage and of the baseline.

    Args:
        stages: pace of each stage.
        baseline: pace of the network without early exits.
        exit_rates: share of the frames that leaves at each exit.
        energies: energy above idle of a frame in each part of the network.
        clock: clock for which times are given.
        on: board for which energies are given.
        host_cycles: clock cycles that the host takes between two stages.
        idle: idle power of the board as measured by the user; None: the board's constant.
    """
    topology, exits, before = Topology.of(energies), [], 0
    for k, stage in enumerate(stages):
        energy = total(energies[part] for part in topology.stage(k))
        exits.append(Work(before + stage.logits, stage.interval, energy))
        before += stage.decided + host_cycles
    static = total(energies[part] for part in topology.static)
    return exit_costs(
        exits, exit_rates, Work(baseline.logits, baseline.interval, static), clock, on, idle=idle
    )


def mean_costs(
    costs: Costs, stages: Sequence[StagePace], exit_rates: NDArray[np.float64]
) -> dict[str, tuple[float, ...] | None]:
    """Compute mean latency and energies of a design at other exit rates.

    Latency and incremental energy are means over the exits. Idle power is charged as for the mix: for the
    interval that the stages have at these rates.

    Args:
        costs: costs of the design.
        stages: pace of each of its stages.
        exit_rates: T sets of exit rates, float64 [T, exits].

    Returns:
        ``latency_us``, ``energy_uj`` and ``incremental_uj`` -> T values; None if not known.
    """
    exits, mix = costs.exits, costs.combined
    latency = exit_rates @ np.array([one.latency_us for one in exits])
    each = [one.incremental_uj.value for one in exits if one.incremental_uj is not None]
    incremental = exit_rates @ np.array(each) if len(each) == len(exits) else None
    energy = None
    if incremental is not None and mix.energy_uj is not None and mix.incremental_uj is not None:
        by_interval = costs.occupied == "interval"
        charged = mix.interval_us if by_interval else mix.latency_us
        idle_w = (mix.energy_uj.value - mix.incremental_uj.value) / charged
        cycle_us = costs.clock_mhz.cycle_us
        time = interval_at(exit_rates, stages) * cycle_us if by_interval else latency
        energy = idle_w * time + incremental
    found = {"latency_us": latency, "energy_uj": energy, "incremental_uj": incremental}
    return {name: None if one is None else tuple(one.tolist()) for name, one in found.items()}
