"""``report.json``: what a run came to, typed, checked when written and when read back.

Shares and accuracies are fractions of 1. Cycles are clock cycles of the accelerator. Where a number comes
from (simulated, estimated ...) stands beside it or in :attr:`Report.provenance`.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from toolkit.artifacts import read_json, sha256_json, write_json
from toolkit.errors import ArtifactError

SCHEMA = 1
NAME = "report.json"

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Cycles = Annotated[int, Field(ge=1)]
Kind = Literal["measured", "simulated", "estimated", "counted"]
"""``measured``: on a running machine; ``simulated``: cycle-accurate RTL simulation; ``estimated``: a model's
figure; ``counted``: exact, from a description or a comparison."""


class Part(BaseModel):
    """Base of all parts: immutable, no key unknown."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)


class Origin(Part):
    """Where numbers come from."""

    provenance: Kind
    source: str


class DatasetInfo(Part):
    """The data. ``images``: per split; ``test_images``: of the whole test split."""

    name: str
    digest: str
    classes: tuple[str, ...]
    images: dict[str, Count]
    test_images: Cycles


class Latency(Part):
    """Cycles from a frame's first beat in to its last beat out, over frames that follow without a gap."""

    min: Cycles
    median: Cycles
    max: Cycles


class Histogram(Part):
    """Frames per bin; bin i holds whole cycles from ``start + i * width`` to the next bin's start."""

    start: Count
    width: Cycles
    frames: tuple[Count, ...]


class Exit(Part):
    """One exit: its part in the policy, and what its accelerator does alone.

    Attributes:
        accuracy: if every frame left here.
        exit_rate: share of all frames that leave here.
        accuracy_of_exited: of those; None if none do.
        macs: multiply-accumulates of a frame that leaves here, heads of earlier exits included.
        path_macs: of the exit path alone, as its accelerator does them.
        latency_alone_cycles: of a frame that finds the accelerator empty.
        interval_cycles: between frames in steady state.
    """

    index: Count
    accuracy: Share
    exit_rate: Share
    accuracy_of_exited: Share | None
    macs: Count
    path_macs: Count
    latency_cycles: Latency
    latency_alone_cycles: Cycles
    latency_histogram: Histogram
    interval_cycles: Cycles


class Baseline(Part):
    """The last exit path at the same folding, answering every frame; keys as in :class:`Exit`."""

    accuracy: Share
    macs: Count
    latency_cycles: Latency
    latency_alone_cycles: Cycles
    interval_cycles: Cycles


class Policy(Part):
    """When frames leave: at the first exit whose criterion reaches its threshold, else at the last."""

    criterion: Literal["top1"]
    thresholds: tuple[Share, ...]
    calibrated_on: str
    chosen: str


class Combined(Part):
    """All frames, each answered at the exit it leaves by; ``macs``: the mean per frame."""

    accuracy: Share
    macs: Annotated[float, Field(ge=0)]


class Curve(Part):
    """Combined accuracy and exit rate of exit 0 over its threshold; other exits keep theirs."""

    thresholds: tuple[Share, ...]
    accuracies: tuple[Share, ...]
    exit_rates: tuple[Share, ...]


class Verification(Part):
    """Hardware against software. ``layers``: streams between layers compared, 0 if not asked for.

    ``frames`` went through without stalls, ``stall_frames`` under each other pattern.
    """

    frames: Cycles
    layers: Count
    compared: Cycles
    mismatches: Literal[0]
    stall_patterns: tuple[str, ...]
    stall_frames: Count
    pytorch_differing_frames: Count


class Usage(Part):
    """Resources of one part; ``bram`` in blocks of 18 Kb."""

    lut: Count
    bram: Count
    dsp: Count
    uram: Count


class Resources(Usage, Origin):
    """Every segment once; per segment and per accelerator as well."""

    segments: dict[str, Usage]
    accelerators: dict[str, Usage]


class Layer(Part):
    """One hardware layer of an accelerator.

    ``cycles``: per frame, FINN+'s estimate and never less than the beats of its streams. ``queue``: depth of
    the queue behind it, None behind the last.
    """

    name: str
    kind: str
    layer: str
    segment: str
    cycles: Count
    input_type: str
    input_lanes: Cycles
    output_type: str
    output_lanes: Cycles
    queue: Count | None


class Dataflow(Part):
    """The layers of one accelerator in stream order.

    ``bound_cycles``: of its slowest layer; ``interval_cycles``: cycles per frame in steady state, also with
    endless queues and with queues of depth 2.
    """

    name: str
    bound_cycles: Cycles
    interval_cycles: Cycles
    deep_interval_cycles: Cycles
    smallest_interval_cycles: Cycles
    layers: tuple[Layer, ...]


class Epoch(Part):
    """One epoch of training. ``metrics``: ``train_loss``, ``val_loss``, ``val_combined``, ``val_exit0``..."""

    stage: str
    epoch: Cycles
    metrics: dict[str, float]


class CheckpointInfo(Part):
    """The weights: where they came from, and their digest."""

    says: str
    digest: str
    dataset: str
    seed: int | None


class Report(Part):
    """Everything a report says; the page shows this and nothing else.

    Attributes:
        frames: test images that went through the hardware; accuracies and rates are over these.
        provenance: for keys (dotted, ``[]`` for each element) that do not say it themselves.
        target_cycles: cycles per frame that folding aimed for.
        command: how to get this report, without the paths of the machine.
        stage_seconds: wall time per stage; the one key that differs between equal runs.
    """

    schema_: Literal[1] = Field(default=1, alias="schema")
    model: str
    dataset: DatasetInfo
    frames: Cycles
    quant: dict[str, Any]
    target_cycles: Cycles
    exits: tuple[Exit, ...]
    policy: Policy
    combined: Combined
    baseline: Baseline
    verification: Verification
    resources: Resources
    threshold_curve: Curve | None
    accelerators: tuple[Dataflow, ...]
    training: tuple[Epoch, ...]
    checkpoint: CheckpointInfo
    provenance: dict[str, Origin]
    versions: dict[str, str]
    command: str
    stage_seconds: dict[str, float]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        exits = len(self.exits)
        if [one.index for one in self.exits] != list(range(exits)) or len(self.accelerators) != exits:
            raise ValueError("exits and accelerators are not those of one network")
        if len(self.policy.thresholds) != exits - 1:
            raise ValueError("there must be a threshold per early exit")
        if not math.isclose(sum(one.exit_rate for one in self.exits), 1, abs_tol=1e-9):
            raise ValueError("exit rates must add up to 1")
        if self.frames != self.verification.frames or self.frames > self.dataset.test_images:
            raise ValueError("frames must be those verified, and test images")
        return self

    @property
    def digest(self) -> str:
        """SHA-256 over everything but wall times: equal runs, equal digests."""
        return sha256_json(self.model_dump(mode="json", by_alias=True, exclude={"stage_seconds"}))

    def save(self, path: Path) -> None:
        """Write it as JSON, atomically."""
        write_json(path, self.model_dump(mode="json", by_alias=True))


def load(path: Path) -> Report:
    """Read a report back.

    Args:
        path: ``report.json``, or the folder of a report stage.

    Raises:
        ArtifactError: missing, damaged, or of another schema.
    """
    path = path / NAME if path.is_dir() else path
    value = read_json(path)
    if value.get("schema") != SCHEMA:
        raise ArtifactError(f"report {path}", expected=f"schema {SCHEMA}", found=value.get("schema"))
    return parse(Report, value, f"report {path}")


P = TypeVar("P", bound=BaseModel)


def parse(kind: type[P], value: object, what: str) -> P:
    """Check a JSON value.

    Raises:
        ArtifactError: naming the first key that is wrong.
    """
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        expected = f"{where}: {first['msg']}"
        raise ArtifactError(f"{what} is damaged", expected=expected, found=_short(first["input"])) from error


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
