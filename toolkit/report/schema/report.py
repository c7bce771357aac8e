"""The type of ``report.json``, checked when it is written and when it is read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import model_validator

from hw_models.task import TaskName
from toolkit.cascade import CascadeResult
from toolkit.core.artifact import Artifact, Record, sha256_json
from toolkit.core.quantities import Count, Cycles, Origin
from toolkit.cost import AboveIdle, Clock, Cost, Energy, Gain, Loads, LoadStudy
from toolkit.data import DatasetInfo
from toolkit.exits.quality import Overthinking, Quality
from toolkit.explore.comparison import Comparison
from toolkit.implement import Implementation
from toolkit.report.schema.exits import Baseline, EqualResources, Exit, Judged, Mix, Price
from toolkit.report.schema.gallery import Gallery
from toolkit.report.schema.hardware import Dataflow, ResourceTable
from toolkit.report.schema.policy import PolicyInForce, TradeOff, Trial
from toolkit.tasks import TaskResult
from toolkit.train import History, PhaseSummary
from toolkit.verify.directed.coverage import Coverage
from toolkit.verify.mutants.result import Mutants
from toolkit.verify.result import Verification


class TestedDataset(DatasetInfo):
    """The dataset; ``test_images``: number of images in the whole test split."""

    test_images: Cycles


class EpochMetrics(Record):
    """One epoch of training; ``metrics``: ``train_loss``, ``val_loss``, ``val_combined``, ``val_exit0``..."""

    @classmethod
    def of(cls, folder: Path) -> tuple[Self, ...]:
        """Read the epochs of the training in ``folder``; none without a history."""
        epochs = History.load(folder).epochs
        return tuple(cls(stage=epoch.phase, epoch=epoch.epoch, metrics=epoch.metrics) for epoch in epochs)

    stage: str
    epoch: Cycles
    metrics: dict[str, float]


class CheckpointInfo(Record):
    """The checkpoint of the weights.

    Attributes:
        says: origin of the weights.
        same_data: whether it was trained on the data of this run, split by the same seed; if not, it may have
            been trained with test images.
    """

    says: str
    digest: str
    dataset: str
    same_data: bool
    seed: int | None


class Report(Artifact):
    """The report of a run; the page shows these figures and no others.

    Costs of exits, mix and baseline are those of the design of this run (equal folding), as its cycles and
    resources are. ``gain`` is between the two designs of :attr:`equal_resources`, at the loads of
    ``gain_load``.

    Attributes:
        frames: number of simulated test images; accuracies and rates are over these.
        task: task of the network.
        result: what its outputs are worth; None: the network classifies, and accuracies say it.
        under_load: the two designs of ``gain`` at other rates, in both orders of the frames.
        above_idle: how sure the gain in energy above idle is.
        board: board for which energies are given; None without early exits, as all figures about them.
        coverage: what directed stimulus drove; None if it was not asked for.
        mutants: random faults and whether they were found; None if they were not asked for.
        missing: reasons why costs are None; empty if all are known.
        provenance: key (dotted, ``[]`` for each element) -> origin, for numbers without one of their own.
        implementation: result of step bitstream; None for targets without a bitstream.
        quality: answers of each exit, if every frame left there, and of the mix.
        overthinking: each early exit against the last.
        gallery: easy and hard test images; None if they are no pictures, or there is no early exit.
        training, phases: epochs of the training, and what is made of each of its phases; empty if not known.
        target_cycles: cycles per frame that folding aimed for; None if it aimed to fit a chip.
        command: command that reproduces the report, without paths of the machine.
        stage_seconds: wall time of each step; it and the next differ between equal runs.
        stage_peak_bytes: most resident memory of each step with the programs that it ran; 0: not known.
    """

    FILE: ClassVar[str] = "report.json"

    model: str
    dataset: TestedDataset
    frames: Cycles
    quant: dict[str, Any]
    target_cycles: Cycles | None
    exits: tuple[Exit, ...]
    task: TaskName = "classification"
    result: TaskResult | None = None
    policy: PolicyInForce
    combined: Mix
    baseline: Baseline
    gain: Gain | None
    gain_load: Loads | None
    gain_equal_folding: Gain | None
    under_load: LoadStudy | None
    above_idle: AboveIdle | None
    equal_resources: EqualResources | None
    board: str | None
    clock_mhz: Clock | None
    missing: tuple[str, ...]
    trade_off: TradeOff | None
    trial: Trial | None
    cascade: CascadeResult | None
    implementation: Implementation | None
    comparison: Comparison | None
    verification: Verification
    coverage: Coverage | None
    mutants: Mutants | None
    resources: ResourceTable
    accelerators: tuple[Dataflow, ...]
    quality: tuple[Quality, ...] = ()
    overthinking: tuple[Overthinking, ...] = ()
    gallery: Gallery | None = None
    training: tuple[EpochMetrics, ...]
    phases: tuple[PhaseSummary, ...] = ()
    checkpoint: CheckpointInfo
    provenance: dict[str, Origin]
    versions: dict[str, str]
    command: str
    stage_seconds: dict[str, float]
    stage_peak_bytes: Mapping[str, Count] = {}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        exits = len(self.exits)
        if [one.index for one in self.exits] != list(range(exits)) or len(self.accelerators) != exits:
            raise ValueError("exits and accelerators are not those of one network")
        if len(self.policy.thresholds) != exits - 1 or len(self.policy.float_disagreements) != exits - 1:
            raise ValueError("there must be a threshold per early exit")
        if not math.isclose(sum(one.exit_rate for one in self.exits), 1, abs_tol=1e-9):
            raise ValueError("exit rates must add up to 1")
        if len(self.quality) not in (0, exits + 1) or len(self.overthinking) not in (0, exits - 1):
            raise ValueError("quality must be of the exits and the mix")
        if self.frames != self.verification.frames or self.frames > self.dataset.test_images:
            raise ValueError("frames must be those verified, and test images")
        if self.cascade is not None and self.cascade.frames != self.frames:
            raise ValueError("frames of the cascade must be those verified")
        judged: tuple[Judged, ...] = (*self.exits, self.combined, self.baseline)
        classifies = {one.accuracy is not None for one in judged}
        if classifies != {self.result is None}:
            raise ValueError("there must be either accuracies or another task's result")
        self._chosen_is_in_force()
        self._gains_are_ratios()
        return self

    def _chosen_is_in_force(self) -> None:
        """Check that the chosen thresholds are in force, and the test curve there is what the exits say."""
        if self.trade_off is None:
            return
        at, curve = self.trade_off.chosen, self.trade_off.test
        if self.trade_off.thresholds[at] != self.policy.thresholds:
            raise ValueError("the chosen thresholds must be those of the policy")
        found = (curve.accuracies[at], *curve.exit_rates[at])
        said = (self.combined.right, *(one.exit_rate for one in self.exits))
        if len(found) != len(said) or not all(map(_near, found, said)):
            raise ValueError("the test curve at the chosen thresholds must be what the exits say")

    def _gains_are_ratios(self) -> None:
        pairs: list[tuple[Gain | None, Price | Cost, Price | Cost]] = [
            (self.gain_equal_folding, self.combined, self.baseline)
        ]
        if self.equal_resources is not None:
            pairs.append((self.gain, self.equal_resources.combined, self.equal_resources.baseline))
        for gain, mix, static in pairs:
            if gain is None:
                continue
            ratios = {
                "throughput": (mix.frames_per_s, static.frames_per_s),
                "latency": (static.latency_us, mix.latency_us),
                "energy": (_value(static.energy_uj), _value(mix.energy_uj)),
                "edp": (static.edp, mix.edp),
                "energy_incremental": (_value(static.incremental_uj), _value(mix.incremental_uj)),
                "edp_incremental": (static.edp_incremental, mix.edp_incremental),
            }
            for name, (above, below) in ratios.items():
                value = getattr(gain, name)
                if value is not None and not (above and below and _near(value, above / below)):
                    raise ValueError(f"gain in {name} must be the ratio of what the two cost")

    @property
    def decided(self) -> tuple[Exit, ...]:
        """The exits that name classes; none for another task."""
        return self.exits if self.result is None else ()

    @property
    def character_accuracy(self) -> float | None:
        """Share of the characters that the mix answers rightly; None if frames have one label each."""
        return self.quality[-1].accuracy if self.quality and self.dataset.groups > 1 else None

    @property
    def headline(self) -> str:
        """The figure that counts most, in words."""
        if self.result is not None:
            return f"{self.result.headline.shown} {self.result.headline.what}"
        found, characters = f"combined {self.combined.right:.2%}", self.character_accuracy
        return (
            found if characters is None else f"{found} of the sequences, {characters:.2%} of the characters"
        )

    @property
    def digest(self) -> str:
        """SHA-256 of everything except times and memory: equal runs have equal digests."""
        value = self.model_dump(mode="json", by_alias=True, exclude={"stage_seconds", "stage_peak_bytes"})
        return sha256_json({"schema": self.SCHEMA, **value})


def _value(figure: Energy | None) -> float | None:
    return None if figure is None else figure.value


def _near(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
