from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.report import fake_run
from toolkit.core.artifact import read_json, write_json
from toolkit.core.errors import ArtifactError
from toolkit.report.schema import Report
from toolkit.report.sources import collect
from toolkit.train.checkpoint import Checkpoint
from toolkit.verify.result import GoldenLogits
from toolkit.verify.simulation import PathRun


def test_accuracies_and_rates_by_hand(report: Report) -> None:
    early, late = report.exits
    assert (early.accuracy, late.accuracy) == (3 / 5, 4 / 5)
    assert (early.exit_rate, late.exit_rate) == (3 / 5, 2 / 5)
    assert (early.accuracy_of_exited, late.accuracy_of_exited) == (2 / 3, 1 / 2)
    assert report.combined.accuracy == 3 / 5
    assert report.baseline.accuracy == 4 / 5
    assert report.policy.thresholds == (0.85,)
    assert report.policy.calibrated_on == "calibration"
    assert report.policy.chosen == "by hand"


def test_costs_by_hand(report: Report) -> None:
    early, late = report.exits
    assert (early.macs, late.macs) == (249_600, 1_476_800)
    assert (early.path_macs, late.path_macs) == (249_600, 1_355_200)
    assert report.combined.macs == 0.6 * 249_600 + 0.4 * 1_476_800
    assert report.baseline.macs == 1_355_200
    assert early.latency_cycles.model_dump() == {"min": 100, "median": 120, "max": 130}
    assert (early.latency_alone_cycles, early.interval_cycles) == (100, 50)
    assert (report.baseline.latency_alone_cycles, report.baseline.interval_cycles) == (90, 45)


def test_frames_are_said(report: Report) -> None:
    assert (report.frames, report.dataset.test_images) == (5, 6)
    assert report.verification.compared == 1000


def test_layers_and_resources_by_hand(report: Report) -> None:
    flow = report.accelerators[0]
    assert [(one.segment, one.queue) for one in flow.layers] == [("trunk0", 2), ("head0", 4), ("head0", None)]
    # FINN+ says nothing of the width converter's cycles; its streams have 25 beats.
    assert [one.cycles for one in flow.layers] == [40, 25, 10]
    assert (flow.bound_cycles, flow.interval_cycles) == (40, 50)
    assert (flow.deep_interval_cycles, flow.smallest_interval_cycles) == (43, 60)
    resources = report.resources
    assert (resources.lut, resources.dsp, resources.bram) == (100 + 50 + 7 + 9, 8, 2)
    assert resources.segments["trunk0"].lut == 100
    assert list(resources.segments) == ["trunk0", "head0", "trunk1", "head1"]
    assert resources.accelerators["exit1"].lut == 159
    assert (resources.provenance, resources.source[:14]) == ("estimated", "FINN+ estimate")


def numbers(value: Any, path: str = "", said: bool = False) -> Iterator[str]:
    """Paths of numbers that do not stand beside a provenance."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from numbers(
                inner, f"{path}.{key}".lstrip("."), said or isinstance(value.get("provenance"), str)
            )
    elif isinstance(value, list):
        for inner in value:
            yield from numbers(inner, f"{path}[]", said)
    elif isinstance(value, int | float) and not isinstance(value, bool) and not said:
        yield path


GIVEN = (
    "schema",
    "frames",
    "dataset",
    "quant",
    "target_cycles",
    "checkpoint.seed",
    "exits[].index",
    "equal_resources.dsp",
    "under_load.slots",
    "under_load.host_us",
    "policy.fraction_bits",
    "policy.objective",
    "trade_off.thresholds",
)
SHAPE = ("accelerators[].layers[].input_lanes", "accelerators[].layers[].output_lanes")


def test_every_number_has_a_provenance(report: Report) -> None:
    value = json.loads(report.model_dump_json(by_alias=True))
    known = (*report.provenance, *GIVEN, *SHAPE)
    found = set(numbers(value))
    lost = [
        path
        for path in found
        if not any(path == key or path.startswith((f"{key}.", f"{key}[")) for key in known)
    ]
    assert lost == []
    idle = [key for key in report.provenance if not any(path.startswith(key) for path in found)]
    assert idle == []


def test_history(report: Report) -> None:
    epochs = [(row.stage, row.epoch) for row in report.training]
    assert epochs == [
        ("float", 1),
        ("quantized", 1),
        ("quantized", 2),
    ]
    assert report.training[0].metrics["val_exit1"] == 0.45
    assert "val_loss" not in report.training[1].metrics


def test_a_checkpoint_of_other_data_is_said(tmp_path: Path, report: Report) -> None:
    sources = fake_run.write(tmp_path / "run")
    folder = sources.folders["train"]
    other = Checkpoint.load(folder)
    other = Checkpoint(other.network, "letters", "0" * 64, other.quant, other.state, other.details)
    other.save(folder)
    policy = sources.folders["calibrate"] / "policy.json"
    write_json(policy, {**read_json(policy), "checkpoint": other.digest})
    assert (report.checkpoint.same_data, collect(sources).checkpoint.same_data) == (
        True,
        False,
    )


def test_too_few_frames_for_an_interval(tmp_path: Path) -> None:
    sources = fake_run.write(tmp_path / "run")
    fake_run.simulated(sources.folders["simulate"] / "exit0", [100] * 5, [])
    assert collect(sources).exits[0].interval_cycles == 44


def _frames(folders: dict[str, Path]) -> None:
    fake_run.simulated(folders["simulate"] / "exit1", [90] * 4, [45] * 3)


def _mismatch(folders: dict[str, Path]) -> None:
    path = folders["verify"] / "verification.json"
    write_json(path, {**read_json(path), "mismatches": 1})


DAMAGE = {
    "the frames of the steps; expected 5 as verified": _frames,
    "verification.json: mismatches": _mismatch,
    "exit0/run.npz cannot be read": lambda folders: (
        folders["simulate"] / "exit0" / PathRun.FILE
    ).write_bytes(b"PK"),
    "exit1/run.npz is missing": lambda folders: (folders["simulate"] / "exit1" / PathRun.FILE).unlink(),
    "golden.npz is missing": lambda folders: (folders["verify"] / GoldenLogits.FILE).unlink(),
    "compose; expected 2, one per exit; found 1": lambda folders: (
        folders["compose"] / "exit1" / "accelerator.json"
    ).unlink(),
    "exit0/sizing.json: depths": lambda folders: write_json(
        folders["compose"] / "exit0" / "sizing.json", {"schema": 1, "smallest_interval": 4}
    ),
}


@pytest.mark.parametrize("message", DAMAGE)
def test_damaged_inputs_are_named(message: str, tmp_path: Path) -> None:
    sources = fake_run.write(tmp_path / "run")
    DAMAGE[message](dict(sources.folders))
    with pytest.raises(ArtifactError) as caught:
        collect(sources)
    assert message in str(caught.value)
