"""Reads what the stages of a run left and puts the report together."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

import hw_models
import toolkit
from toolkit.artifacts import read_json
from toolkit.compose import Accelerator
from toolkit.data import Dataset
from toolkit.errors import ArtifactError
from toolkit.flow.request import Request
from toolkit.report.answers import PathRun, curve_of, exits_of
from toolkit.report.command import command
from toolkit.report.dataflow import Sizing, dataflow_of, resources_of
from toolkit.report.provenance import PROVENANCE
from toolkit.report.schema import (
    CheckpointInfo,
    DatasetInfo,
    Epoch,
    Policy,
    Report,
    Verification,
    parse,
)
from toolkit.train import Checkpoint

CHECKPOINT, HISTORY = "checkpoint.pt", "history.csv"


@dataclass(frozen=True)
class Sources:
    """What a report is made from.

    Attributes:
        folders: of the finished stages train, compose, simulate and verify.
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


def collect(sources: Sources, request: Request) -> Report:
    """Put the report together.

    Raises:
        ArtifactError: a file is missing or damaged, or files of different runs are mixed.
    """
    spec = hw_models.get(request.model)
    checkpoint = Checkpoint.load(sources.folders["train"] / CHECKPOINT)
    accelerators = [Accelerator.load(sources.folders["compose"] / f"exit{k}") for k in range(spec.exits)]
    sizings = [Sizing.load(accelerator.path / "sizing.json") for accelerator in accelerators]
    paths = _paths(sources.folders, accelerators, sizings)
    found = sources.folders["verify"] / "verification.json"
    verification = parse(Verification, read_json(found), str(found))
    labels = sources.dataset.test.labels[: verification.frames]
    _same_frames(verification.frames, labels, paths)
    policy = _policy(checkpoint, sources.dataset, request)
    exits, combined, baseline = exits_of(spec, paths, labels, policy.thresholds)
    return Report(
        model=spec.name,
        dataset=_dataset(sources.dataset),
        frames=len(labels),
        quant=checkpoint.quant.to_json(),
        target_cycles=request.cycles,
        exits=exits,
        policy=policy,
        combined=combined,
        baseline=baseline,
        verification=verification,
        resources=resources_of(accelerators),
        threshold_curve=curve_of(paths, labels, policy.thresholds),
        accelerators=tuple(
            dataflow_of(accelerator, sizing, path.interval)
            for accelerator, sizing, path in zip(accelerators, sizings, paths, strict=True)
        ),
        training=history(sources.folders["train"] / HISTORY),
        checkpoint=CheckpointInfo(
            says=sources.checkpoint_says,
            digest=checkpoint.digest,
            dataset=checkpoint.dataset,
            seed=checkpoint.details.get("seed"),
        ),
        provenance=PROVENANCE,
        versions={"offramp": toolkit.__version__, **dict(sorted(sources.versions.items()))},
        command=command(request),
        stage_seconds=dict(sources.seconds),
    )


def _paths(
    folders: Mapping[str, Path], accelerators: Sequence[Accelerator], sizings: Sequence[Sizing]
) -> list[PathRun]:
    golden = _arrays(folders["verify"] / "golden.npz")
    paths = []
    for accelerator, sizing in zip(accelerators, sizings, strict=True):
        name = accelerator.name
        run = _arrays(folders["simulate"] / f"{name}.npz")
        try:
            logits, latency, intervals = golden[name], run["latency"], run["intervals"]
        except KeyError as error:
            raise ArtifactError(f"results of {name}", expected=f"an array {error}", found="none") from error
        # Too few frames to have a neighbour: sizing simulated the same queues in steady state.
        interval = int(np.median(intervals)) if len(intervals) else sizing.interval
        paths.append(PathRun(logits, accelerator.output_scale, latency, interval))
    return paths


def _arrays(path: Path) -> dict[str, NDArray[np.int64]]:
    try:
        with np.load(path) as found:
            return {name: found[name].astype(np.int64) for name in found.files}
    except (OSError, ValueError, BadZipFile) as error:
        raise ArtifactError(f"{path} cannot be read", expected="arrays", found=str(error)) from error


def _same_frames(frames: int, labels: NDArray[np.int64], paths: Sequence[PathRun]) -> None:
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


def _policy(checkpoint: Checkpoint, dataset: Dataset, request: Request) -> Policy:
    """The thresholds that came with the checkpoint, else some chosen now, by the same rule."""
    known = checkpoint.details.get("thresholds_chosen", "")
    if checkpoint.thresholds or hw_models.get(checkpoint.model).exits == 1:
        foreign = checkpoint.dataset_digest != dataset.digest
        on = f"calibration split of other data ({checkpoint.dataset})" if foreign else "calibration"
        return Policy(criterion="top1", thresholds=checkpoint.thresholds, calibrated_on=on, chosen=known)
    from toolkit.train import recipe
    from toolkit.train.evaluate import exit_logits, thresholds_for

    rate = recipe(request.dataset).exit_rate
    thresholds = thresholds_for(exit_logits(checkpoint.build(), dataset.calibration), rate)
    return Policy(
        criterion="top1",
        thresholds=thresholds,
        calibrated_on="calibration",
        chosen=f"on the calibration split: the highest at which {rate:.1%} of the frames that reach an "
        "early exit leave there",
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
