"""What frames cost: the cost stage's figures, and means at other exit rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.cascade.timing import StagePace, interval_at
from toolkit.core.artifact import read_json
from toolkit.core.errors import ArtifactError
from toolkit.cost import Cost, Costs, Gain
from toolkit.report.files import keys
from toolkit.report.schema import EqualResources, Pace, Price, parse, price_of
from toolkit.report.schema import Gain as GainPart

COSTS = "costs.json"


@dataclass(frozen=True)
class Prices:
    """Both sets of costs, and the pace of the stages that the first is of.

    Attributes:
        folding: of the design of the run.
        resources: of the designs at equal resources.
        stages: one per exit.
    """

    folding: Costs
    resources: Costs
    stages: tuple[StagePace, ...]

    @classmethod
    def load(cls, folder: Path, stages: Sequence[Pace], rates: Sequence[float]) -> Prices:
        """Read what the cost stage left.

        Args:
            folder: of the cost stage.
            stages: paces of the run's stages.
            rates: share of the test frames that leaves at each exit.

        Raises:
            ArtifactError: missing, damaged, or worked out for other exit rates.
        """
        path = folder / COSTS
        names = ("equal_folding", "equal_resources")
        found = keys(read_json(path), path, *names)
        folding, resources = (
            parse(Costs, one, f"{path}, {name}") for one, name in zip(found, names, strict=True)
        )
        for costs in (folding, resources):
            if len(costs.exit_rates) != len(rates) or not np.allclose(costs.exit_rates, rates, atol=1e-9):
                fix = "Work the costs out again with `offramp cost`."
                raise ArtifactError(
                    f"exit rates in {path}", expected=list(rates), found=list(costs.exit_rates), fix=fix
                )
        return cls(folding, resources, tuple(StagePace(**stage.model_dump()) for stage in stages))

    def equal(self, dsp: int, part: str) -> EqualResources:
        """The designs at equal resources, as the report shows them."""
        costs = self.resources
        return EqualResources(
            dsp=dsp,
            part=part,
            exits=tuple(_price(one) for one in costs.exits),
            combined=_price(costs.combined),
            baseline=_price(costs.baseline),
        )

    def means(self, rates: NDArray[np.float64]) -> dict[str, tuple[float, ...] | None]:
        """Mean latency and energies of the run's design at other exit rates [T, exits].

        Latency and incremental energy are means over the exits. Idle power is charged as for the mix: for
        the interval that the stages have at these rates.
        """
        exits, mix = self.folding.exits, self.folding.combined
        latency = rates @ np.array([one.latency_us for one in exits])
        steps = [one.incremental_uj.value for one in exits if one.incremental_uj is not None]
        incremental = rates @ np.array(steps) if len(steps) == len(exits) else None
        energy = None
        if incremental is not None and mix.energy_uj is not None and mix.incremental_uj is not None:
            by_interval = self.folding.occupied == "interval"
            charged = mix.interval_us if by_interval else mix.latency_us
            idle_w = (mix.energy_uj.value - mix.incremental_uj.value) / charged
            cycle_us = self.folding.clock_mhz.cycle_us
            time = interval_at(rates, self.stages) * cycle_us if by_interval else latency
            energy = idle_w * time + incremental
        found = {"latency_us": latency, "energy_uj": energy, "incremental_uj": incremental}
        return {name: None if one is None else tuple(one.tolist()) for name, one in found.items()}


def price_keys(cost: Cost | None) -> dict[str, Any]:
    """A cost as keys of a :class:`Price`; none if there is no cost."""
    return {} if cost is None else price_of(cost.model_dump())


def gain_of(gain: Gain) -> GainPart:
    """A gain as the report shows it."""
    return GainPart(**gain.model_dump())


def _price(cost: Cost) -> Price:
    return Price(**price_keys(cost))
