"""Reads what the stages of a run left and puts the report together."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import hw_models
import toolkit
from toolkit.compose import Accelerator
from toolkit.core.artifact import read_json
from toolkit.core.errors import ArtifactError
from toolkit.data import Dataset
from toolkit.flow.options import DEFAULT_CYCLES, Options
from toolkit.report.answers import PathRun, baseline_of, combined_of, exits_of
from toolkit.report.backbone import accuracy_alone
from toolkit.report.command import command
from toolkit.report.costs import Prices, gain_of, price_keys
from toolkit.report.dataflow import Sizing, dataflow_of, resources_of
from toolkit.report.decision import ANSWERS, Decision, decide, require_same_answers, trade_off_of
from toolkit.report.files import Ints, arrays
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
from toolkit.train import Checkpoint

CHECKPOINT, HISTORY = "checkpoint.pt", "history.csv"


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
    checkpoint = Checkpoint.load(folders["train"] / CHECKPOINT)
    accelerators = [Accelerator.load(folders["compose"] / f"exit{k}") for k in range(spec.exits)]
    sizings = [Sizing.load(accelerator.path / "sizing.json") for accelerator in accelerators]
    paths = _paths(folders, accelerators, sizings)
    found = folders["verify"] / "verification.json"
    verification = parse(Verification, read_json(found), str(found))
    labels = dataset.test.labels[: verification.frames]
    _same_frames(verification.frames, labels, paths)
    decision = decide(folders["calibrate"], checkpoint.digest, paths)
    early = _early_exit(folders, decision, paths, labels)
    exits = exits_of(spec, paths, labels, decision.classes, decision.exits, early.exit_prices(spec.exits))
    made = Implementation.find(folders["bitstream"])
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
            "training": history(folders["train"] / HISTORY),
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
    golden = arrays(folders["verify"] / "golden.npz")
    paths = []
    for accelerator, sizing in zip(accelerators, sizings, strict=True):
        name = accelerator.name
        run = arrays(folders["simulate"] / f"{name}.npz")
        try:
            logits, latency, intervals = golden[name], run["latency"], run["intervals"]
        except KeyError as error:
            raise ArtifactError(f"results of {name}", expected=f"an array {error}", found="none") from error
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


def history(path: Path) -> tuple[Epoch, ...]:
    """Training curves, oldest epoch first; empty if there are none (``history.csv``).

    Raises:
        ArtifactError: the file is damaged.
    """
    if not path.is_file():
        return ()
    try:
        with path.open(newline="") as stream:
            return tuple(_epoch(row) for row in csv.DictReader(stream))
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError(f"{path} is damaged", found=str(error)) from error


def _epoch(row: Mapping[str, str]) -> Epoch:
    metrics = {
        name: float(value) for name, value in row.items() if name.startswith(("train_", "val_")) and value
    }
    return Epoch(stage=row["stage"], epoch=int(row["epoch"]), metrics=metrics)
