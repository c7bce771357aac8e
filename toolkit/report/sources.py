"""Reads what the stages of a run left and puts the report together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import hw_models
import toolkit
from toolkit.compose import Accelerator, Sizing
from toolkit.core.artifact import read_json
from toolkit.core.errors import ArtifactError
from toolkit.core.topology import path_name
from toolkit.data import Dataset
from toolkit.flow.command import command
from toolkit.flow.options import DEFAULT_CYCLES, Options
from toolkit.report.answers import PathRun, baseline_of, combined_of, exits_of
from toolkit.report.backbone import accuracy_alone
from toolkit.report.costs import Prices, gain_of, price_keys
from toolkit.report.dataflow import dataflow_of, resources_of
from toolkit.report.decision import ANSWERS, Decision, decide, require_same_answers, trade_off_of
from toolkit.report.files import Ints
from toolkit.report.provenance import provenance
from toolkit.report.schema import (
    CheckpointInfo,
    Clock,
    DatasetInfo,
    Epoch,
    Implementation,
    Report,
    Verification,
    parse,
)
from toolkit.report.traffic import cascade_of, comparison_of
from toolkit.train import Checkpoint, History
from toolkit.verify import simulation
from toolkit.verify.result import GoldenLogits
from toolkit.verify.result import Verification as CheckedNetwork

IMPLEMENTATION = "implementation.json"


@dataclass(frozen=True)
class Sources:
    """What a report is made from.

    Attributes:
        folders: of the finished stages train, compose, calibrate, simulate, verify, bitstream, cascade,
            compare, cost.
        dataset: the data of the run.
        checkpoint_says: where the weights came from, in words.
        versions: package or program -> version.
        seconds: wall time per stage.
    """

    folders: Mapping[str, Path]
    dataset: Dataset
    checkpoint_says: str
    versions: Mapping[str, str]
    seconds: Mapping[str, float]


def collect(sources: Sources, options: Options) -> Report:
    """Put the report together.

    Raises:
        ArtifactError: a file is missing or damaged, or files of different runs are mixed.
        VerificationMismatch: the cascade answered otherwise than the exit policy.
        CheckpointMismatch, BadOption: the exit policy is of another network.
    """
    spec, folders, dataset = hw_models.get(options.network.model), sources.folders, sources.dataset
    checkpoint = Checkpoint.load(folders["train"])
    accelerators = [Accelerator.load(folders["compose"] / path_name(k)) for k in range(spec.exits)]
    sizings = [Sizing.load(accelerator.path) for accelerator in accelerators]
    paths = _paths(folders, accelerators, sizings)
    verification = Verification(**CheckedNetwork.load(folders["verify"]).model_dump())
    labels = dataset.test.labels[: verification.frames]
    _same_frames(verification.frames, labels, paths)
    decision = decide(folders["calibrate"], checkpoint.digest, paths)
    early = _early_exit(folders, decision, paths, labels)
    exits = exits_of(spec, paths, labels, decision.classes, decision.exits, early.exit_prices(spec.exits))
    made = _implementation(folders["bitstream"] / IMPLEMENTATION)
    alone, says = accuracy_alone(options.network.model, checkpoint.quant, dataset, len(labels))
    return parse(
        Report,
        {
            "model": spec.name,
            "dataset": _dataset(dataset),
            "frames": len(labels),
            "quant": checkpoint.quant.to_json(),
            "target_cycles": options.folding.cycles or (None if made else DEFAULT_CYCLES),
            "implementation": made,
            "exits": exits,
            "policy": decision.policy,
            "combined": combined_of(exits, labels, decision.classes, early.combined),
            "baseline": baseline_of(exits[-1], alone, says, early.baseline),
            **early.parts,
            "verification": verification,
            "resources": resources_of(accelerators, made),
            "accelerators": tuple(
                dataflow_of(accelerator, sizing, path.interval)
                for accelerator, sizing, path in zip(accelerators, sizings, paths, strict=True)
            ),
            "training": history(folders["train"]),
            "checkpoint": CheckpointInfo(
                says=sources.checkpoint_says,
                digest=checkpoint.digest,
                dataset=checkpoint.dataset,
                same_data=checkpoint.dataset_digest == dataset.digest,
                seed=checkpoint.details.get("seed"),
            ),
            "provenance": provenance(
                early_exit=decision.rules is not None,
                guarantee=decision.policy.guarantee is not None,
                alone=alone is not None,
                bitstream=made is not None,
            ),
            "versions": {"offramp": toolkit.__version__, **dict(sorted(sources.versions.items()))},
            "command": command(options),
            "stage_seconds": dict(sources.seconds),
        },
        "what the stages left",
    )


def _implementation(file: Path) -> Implementation | None:
    """What the bitstream stage found; None for a target without a bitstream."""
    value = read_json(file)
    return parse(Implementation, value, str(file)) if value else None


_EARLY_PARTS = (
    "gain",
    "gain_equal_folding",
    "equal_resources",
    "board",
    "clock_mhz",
    "trade_off",
    "cascade",
    "comparison",
)


@dataclass(frozen=True)
class _EarlyExit:
    """What only a network with early exits has; empty for one without."""

    parts: Mapping[str, Any]
    prices: Prices | None = None

    def exit_prices(self, exits: int) -> list[dict[str, Any]]:
        if self.prices is None:
            return [{}] * exits
        return [price_keys(one) for one in self.prices.folding.exits]

    @property
    def combined(self) -> dict[str, Any]:
        return price_keys(self.prices.folding.combined if self.prices else None)

    @property
    def baseline(self) -> dict[str, Any]:
        return price_keys(self.prices.folding.baseline if self.prices else None)


def _early_exit(
    folders: Mapping[str, Path], decision: Decision, paths: Sequence[PathRun], labels: Ints
) -> _EarlyExit:
    if decision.rules is None:
        missing = ("the network has no early exit: the cost stage has nothing to work out",)
        return _EarlyExit({**dict.fromkeys(_EARLY_PARTS), "missing": missing})
    require_same_answers(decision.rules, paths, folders["cascade"] / ANSWERS)
    cascade = cascade_of(folders["cascade"], decision.exits)
    rates = np.bincount(decision.exits, minlength=len(paths)) / len(labels)
    comparison = comparison_of(folders["compare"], np.cumsum(rates[::-1])[::-1].tolist())
    prices = Prices.load(folders["cost"], cascade.stages, rates.tolist())
    costs = prices.resources
    return _EarlyExit(
        {
            "gain": gain_of(costs.gain),
            "gain_equal_folding": gain_of(prices.folding.gain),
            "equal_resources": prices.equal(comparison.reference.dsp, comparison.board),
            "board": costs.board,
            "clock_mhz": Clock(**costs.clock_mhz.model_dump()),
            "missing": costs.missing,
            "trade_off": trade_off_of(folders["calibrate"], decision.rules, paths, labels, prices.means),
            "cascade": cascade,
            "comparison": comparison,
        },
        prices,
    )


def _paths(
    folders: Mapping[str, Path], accelerators: Sequence[Accelerator], sizings: Sequence[Sizing]
) -> list[PathRun]:
    golden = GoldenLogits.load(folders["verify"]).logits
    paths = []
    for logits, accelerator, sizing in zip(golden, accelerators, sizings, strict=True):
        run = simulation.PathRun.load(folders["simulate"] / accelerator.name)
        latency, intervals = run.latency, run.intervals
        # Too few frames to have a neighbour: sizing simulated the same queues in steady state.
        interval = int(np.median(intervals)) if len(intervals) else sizing.interval
        paths.append(PathRun(logits, accelerator.output_scale, latency, interval))
    return paths


def _same_frames(frames: int, labels: Ints, paths: Sequence[PathRun]) -> None:
    counts = [len(labels), *(len(path.logits) for path in paths), *(len(path.latency) for path in paths)]
    if set(counts) != {frames}:
        raise ArtifactError("the stages' frames", expected=f"{frames} as verified", found=counts)


def _dataset(dataset: Dataset) -> DatasetInfo:
    return DatasetInfo(
        name=dataset.name,
        digest=dataset.digest,
        classes=dataset.classes,
        images={name: len(split) for name, split in dataset.splits()},
        test_images=len(dataset.test),
    )


def history(folder: Path) -> tuple[Epoch, ...]:
    """Training curves, oldest epoch first; empty if there are none.

    Raises:
        ArtifactError: the file is damaged.
    """
    return tuple(
        Epoch(stage=epoch.stage, epoch=epoch.epoch, metrics=epoch.metrics)
        for epoch in History.load(folder).epochs
    )
