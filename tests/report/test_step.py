from __future__ import annotations

from pathlib import Path

import pytest

from hw_models import shipped
from toolkit.core.artifact import sha256_file
from toolkit.flow import Options, Step, inputs, needed
from toolkit.flow.manifest import Manifest, Recipe
from toolkit.flow.step import Context
from toolkit.flow.steps import ORDER, report
from toolkit.report.schema import Report
from toolkit.report.sources import Sources


class Silent:
    """A reporter that keeps the last word of each stage."""

    def __init__(self) -> None:
        self.said: dict[str, str] = {}

    def begin(self, step: Step, why: str) -> None: ...

    def progress(self, label: str, done: int, total: int) -> None: ...

    def line(self, text: str) -> None: ...

    def end(self, step: Step, outcome: str, seconds: float, message: str) -> None:
        self.said[step.name] = message


@pytest.fixture
def context(tmp_path: Path, sources: Sources, monkeypatch: pytest.MonkeyPatch) -> Context:
    monkeypatch.setattr(inputs, "dataset", lambda context: sources.dataset)
    folders = {}
    for name in report.STEP.inputs:
        recipe = Recipe(versions={"verilator": "5.48.0"} if name == "simulate" else {})
        manifest = Manifest.of(
            name, tmp_path / name, recipe, {"message": f"all about {name}"}, seconds=2.0, peak_bytes=3
        )
        folders[name] = (sources.folders.get(name, tmp_path), manifest)
    out = tmp_path / "report.partial-1"
    out.mkdir()
    return Context(Options.of(target="sim", frames=5), out, folders, Silent(), tmp_path / "scratch")


def test_the_stage_writes_both_and_says_the_figures(context: Context) -> None:
    summary = dict(report.STEP.run(context))
    assert summary["message"] == (
        "combined 60.00% (5 test images), 60.0% leave at exit 0; at equal resources "
        "under load (natural order) the gain is 4.00 in throughput, 1.95 in latency, 2.18 in energy "
        "(estimated); 0 mismatches in 1,000 integers"
    )
    assert summary["exit_rate"] == [0.6, 0.4]
    assert (summary["macs"], summary["baseline_macs"]) == (740_480, 1_355_200)
    found = Report.load(context.out)
    assert found.checkpoint.says == "all about train"
    assert found.versions["verilator"] == "5.48.0"
    assert found.stage_seconds == dict.fromkeys(report.STEP.inputs, 2.0)
    assert found.stage_peak_bytes == dict.fromkeys(report.STEP.inputs, 3)
    assert found.digest == summary["digest"]
    page = (context.out / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert str(context.out.parent) not in page + (context.out / "report.json").read_text(encoding="utf-8")


def test_the_report_ends_the_flow() -> None:
    assert ORDER[-1] is report.STEP
    whole = tuple(step for step in ORDER if step.name != "package")  # which no page is about
    assert needed(ORDER, ["report"]) == whole
    assert report.STEP.code_digest()


def test_checkpoints_from_outside_show(tmp_path: Path) -> None:
    backbone = shipped.path("b_lenet_se_backbone", "digits", Options().quant.config())
    known = {"backbone": sha256_file(backbone)}
    assert report.STEP.external(Options()) == known
    assert report.STEP.external(Options.of(checkpoint=tmp_path)) == {**known, "checkpoint": "given"}
    assert report.STEP.external(Options.of(weight_bits=7)) == {}, "no backbone of these bits ships"
    assert report.STEP.external(Options.of(model="b_lenet_se_backbone")) == {}
