"""Reads the results of a run's steps and makes the report from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import toolkit
from toolkit.cascade import CascadeAnswers, CascadeResult, reach
from toolkit.compose import Accelerators
from toolkit.core.artifact import parse
from toolkit.core.errors import ArtifactError
from toolkit.core.nothing import reason
from toolkit.cost import MeanTerms, RunCosts
from toolkit.data import Dataset, DatasetInfo, Split
from toolkit.exits import Answers, Curve, ExitPolicy
from toolkit.exits.quality import overthinking, qualities
from toolkit.explore.comparison import Comparison
from toolkit.implement import Implementation
from toolkit.report.answers import ExitPath, Ints, baseline_of, combined_of, exits_of
from toolkit.report.backbone import accuracy_alone
from toolkit.report.dataflow import dataflow_of, resources_of
from toolkit.report.decision import policy_in_force, require_same_answers, trade_off_of, trial_of
from toolkit.report.gallery import gallery_of
from toolkit.report.provenance import provenance
from toolkit.report.schema import (
    CheckpointInfo,
    EpochMetrics,
    EqualResources,
    Price,
    Report,
    TestedDataset,
    TradeOff,
    Trial,
)
from toolkit.tasks import Frames, Readout, TaskResult, task_of
from toolkit.train import summaries
from toolkit.train.checkpoint import Checkpoint
from toolkit.verify.directed.coverage import Coverage
from toolkit.verify.mutants.result import Mutants
from toolkit.verify.result import GoldenLogits, Verification
from toolkit.verify.simulation import load_runs


@dataclass(frozen=True)
class Sources:
    """The data from which a report is made.

    Attributes:
        folders: folders of the finished steps train, compose, calibrate, simulate, verify, bitstream,
            cascade, compare and cost.
        dataset: dataset of the run.
        command: command that reproduces the report.
        target_cycles: cycles per frame that folding aimed for; None if it aimed to fit a chip.
        checkpoint_message: origin of the weights.
        versions: package or program -> version.
        seconds: wall time of each step.
        peaks: most memory that each step took, in bytes.
    """

    folders: Mapping[str, Path]
    dataset: Dataset
    command: str
    target_cycles: int | None
    checkpoint_message: str
    versions: Mapping[str, str]
    seconds: Mapping[str, float]
    peaks: Mapping[str, int]


def collect(sources: Sources) -> Report:
    """Make the report.

    Raises:
        ArtifactError: a file is missing or damaged, or files of different runs are mixed.
        VerificationMismatch: an answer of the cascade differs from that of the exit policy.
        CheckpointMismatch, BadOption: the exit policy is for another network.
    """
    folders, dataset = sources.folders, sources.dataset
    checkpoint = Checkpoint.load(folders["train"])
    spec = checkpoint.network
    made = Accelerators.load(folders["compose"])
    if len(made.paths) != spec.exits:
        expected = f"{spec.exits}, one per exit"
        raise ArtifactError(f"exit paths in {folders['compose']}", expected=expected, found=len(made.paths))
    paths = _paths(folders, made)
    verification = Verification.load(folders["verify"])
    tested = Split(dataset.test.images[: verification.frames], dataset.test.labels[: verification.frames])
    labels, task = tested.labels, task_of(spec)
    _require_frames(verification.frames, labels, paths)
    policy = ExitPolicy.load(folders["calibrate"])
    policy.require(checkpoint.digest, spec.exits)
    answers = policy.answer([path.logits for path in paths])
    early = _EarlyExit.load(folders, policy, answers, paths, labels) if policy.exits > 1 else None
    costs = early.compared.costs.equal_folding if early and isinstance(early.compared, _Compared) else None
    prices = [Price.of(cost) for cost in costs.exits] if costs else [Price()] * spec.exits
    mix, static = (Price.of(costs.combined), Price.of(costs.baseline)) if costs else (Price(), Price())
    truth, real = None if task.reads else labels, [path.real for path in paths]
    exits = exits_of(spec, paths, truth, answers.classes, answers.exits, prices)
    in_force = policy_in_force(policy, paths)
    implementation = Implementation.find(folders["bitstream"])
    alone, alone_source = accuracy_alone(spec, checkpoint.quant, dataset, len(labels))
    return parse(
        Report,
        {
            "model": spec.name,
            "dataset": TestedDataset(**dict(DatasetInfo.of(dataset)), test_images=len(dataset.test)),
            "frames": len(labels),
            "quant": checkpoint.quant.to_json(),
            "target_cycles": sources.target_cycles,
            "implementation": implementation,
            "exits": exits,
            "task": task.name,
            "result": _result(folders, checkpoint, Frames(tested, real)),
            "policy": in_force,
            "combined": combined_of(exits, truth, answers.classes, mix),
            "baseline": baseline_of(exits[-1], alone, alone_source, static, len(labels)),
            **(_NOT_COMPARED if early is None else early.parts()),
            "verification": verification,
            "coverage": Coverage.find(folders["verify"]),
            "mutants": Mutants.find(folders["verify"]),
            "resources": resources_of(made.paths, implementation),
            "accelerators": tuple(
                dataflow_of(accelerator, sizing, path.interval)
                for accelerator, sizing, path in zip(made.paths, made.sizings, paths, strict=True)
            ),
            "quality": () if truth is None else qualities(real, truth, answers.exits, spec.groups),
            "gallery": gallery_of(tested, real[0], answers, spec.groups) if early else None,
            "overthinking": () if truth is None else overthinking(real, truth, spec.groups),
            "training": EpochMetrics.of(folders["train"]),
            "phases": summaries(folders["train"]),
            "checkpoint": _checkpoint(checkpoint, dataset, sources.checkpoint_message),
            "provenance": provenance(
                early_exit=early is not None,
                compared=costs is not None,
                guarantee=in_force.guarantee is not None,
                alone=alone is not None,
                bitstream=implementation is not None,
                vivado=implementation is not None and implementation.provenance == "Vivado",
                blocks=any(path.joins for path in made.paths),
                classes=not task.reads,
            ),
            "versions": {"offramp": toolkit.__version__, **dict(sorted(sources.versions.items()))},
            "command": sources.command,
            "stage_seconds": dict(sources.seconds),
            "stage_peak_bytes": dict(sources.peaks),
        },
        "what the steps left",
    )


def _result(folders: Mapping[str, Path], checkpoint: Checkpoint, frames: Frames) -> TaskResult | None:
    """Judge the outputs for the test frames; None if they are logits of classes."""
    if not (task := task_of(checkpoint.network)).reads:
        return None
    readout = Readout.load(folders["calibrate"])
    readout.require(checkpoint.digest)
    return task.result(frames, readout)


_NOT_COMPARED: Mapping[str, Any] = {
    "gain": None,
    "gain_load": None,
    "gain_equal_folding": None,
    "under_load": None,
    "above_idle": None,
    "equal_resources": None,
    "board": None,
    "clock_mhz": None,
    "missing": ("the network has no early exit: the cost stage has nothing to work out",),
    "trade_off": None,
    "trial": None,
    "cascade": None,
    "comparison": None,
}


@dataclass(frozen=True)
class _Compared:
    """What follows from the comparison with the network without early exit."""

    comparison: Comparison
    costs: RunCosts
    trade_off: TradeOff
    trial: Trial

    def parts(self) -> dict[str, Any]:
        """Return keys of the report, of those in :data:`_NOT_COMPARED`."""
        costs = self.costs.equal_resources
        return {
            "gain": costs.gain,
            "gain_load": costs.loads,
            "gain_equal_folding": self.costs.equal_folding.gain,
            "under_load": self.costs.under_load,
            "above_idle": self.costs.above_idle,
            "equal_resources": EqualResources(
                dsp=self.comparison.reference.dsp,
                part=self.comparison.board,
                exits=costs.exits,
                combined=costs.combined,
                baseline=costs.baseline,
            ),
            "board": costs.board,
            "clock_mhz": costs.clock_mhz,
            "missing": costs.missing,
            "trade_off": self.trade_off,
            "trial": self.trial,
            "comparison": self.comparison,
        }


@dataclass(frozen=True)
class _EarlyExit:
    """The results of a network with early exits; ``compared``, or why it was not."""

    cascade: CascadeResult
    compared: _Compared | str

    @classmethod
    def load(
        cls,
        folders: Mapping[str, Path],
        policy: ExitPolicy,
        answers: Answers,
        paths: Sequence[ExitPath],
        labels: Ints,
    ) -> _EarlyExit:
        """Read the results; they must be of the same frames as ``answers``."""
        found = CascadeAnswers.load(folders["cascade"])
        require_same_answers(answers, found)
        cascade = CascadeResult.load(folders["cascade"])
        cascade.require(answers.exits, folders["cascade"])
        if (why := reason(folders["compare"])) is not None:
            return cls(cascade, why)
        rates = found.exit_rates(policy.exits)
        costs = RunCosts.load(folders["cost"])
        costs.require(rates, folders["cost"])
        means = MeanTerms.of(costs.equal_folding, cascade.stages, costs.under_load.host_us)
        trade = trade_off_of(Curve.load(folders["calibrate"]), policy, paths, labels, means.at)
        trial = trial_of(policy, paths, labels, means)
        comparison = Comparison.load(folders["compare"]).at_reach(reach(rates).tolist())
        return cls(cascade, _Compared(comparison, costs, trade, trial))

    def parts(self) -> dict[str, Any]:
        """Return keys of the report, the same as in :data:`_NOT_COMPARED`."""
        own = {"missing": (self.compared,)} if isinstance(self.compared, str) else self.compared.parts()
        return {**_NOT_COMPARED, **own, "cascade": self.cascade}


def _paths(folders: Mapping[str, Path], made: Accelerators) -> list[ExitPath]:
    golden = GoldenLogits.load(folders["verify"]).logits
    runs, paths = load_runs(folders["simulate"], len(made.paths)), []
    for logits, run, path, sizing in zip(golden, runs, made.paths, made.sizings, strict=True):
        # With too few frames there is no steady state; sizing simulated the same queues in one.
        interval = int(np.median(run.intervals)) if len(run.intervals) else sizing.interval
        paths.append(ExitPath(logits, path.output_scale, run.latency, interval))
    return paths


def _require_frames(frames: int, labels: Ints, paths: Sequence[ExitPath]) -> None:
    counts = [len(labels), *(len(path.logits) for path in paths), *(len(path.latency) for path in paths)]
    if set(counts) != {frames}:
        raise ArtifactError("the frames of the steps", expected=f"{frames} as verified", found=counts)


def _checkpoint(checkpoint: Checkpoint, dataset: Dataset, message: str) -> CheckpointInfo:
    return CheckpointInfo(
        says=message,
        digest=checkpoint.digest,
        dataset=checkpoint.dataset,
        same_data=checkpoint.dataset_digest == dataset.digest,
        seed=checkpoint.details.get("seed"),
    )
