"""The figures of README.md and docs/comparison.md against the shipped checkpoints and the simulated paces."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.under_load import Decided, cells, study_of
from hw_models import QuantConfig
from tests.architecture.source import ROOT
from toolkit import data
from toolkit.cascade import StagePace
from toolkit.core.env import settings
from toolkit.export.export import export_graphs
from toolkit.report.text import LIMITS
from toolkit.train.checkpoint import Checkpoint, shipped

NETWORKS = ("b_lenet_se", "b_lenet_fcn")
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMPARISON = (ROOT / "docs" / "comparison.md").read_text(encoding="utf-8")


def rows(text: str, first: str) -> list[list[str]]:
    """Cells of the rows of Markdown tables that begin with ``first``, in order."""
    found = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip(" |") for cell in row] for row in found if row[0] == first]


def test_accuracies_are_those_the_checkpoints_were_measured_with() -> None:
    for model in NETWORKS:
        row, at_rate = rows(README, f"`{model}`")[0], rows(README, f"`{model}`, `--exit-rate 0.97`")[0]
        checkpoint = _checkpoint(model)
        metrics = checkpoint.details["metrics"]["test"]
        assert metrics["images"] == 10_000
        backbone = _checkpoint(f"{model}_backbone").details["metrics"]["test"]["exit_accuracy"]
        alone = [*metrics["exit_accuracy"], *backbone]
        assert row[3:6] == [f"{100 * one:.2f} %" for one in alone]
        assert checkpoint.details["options"]["exit_rate"] == 0.97
        # Training decides on float probabilities; a policy on integers, for the same rate.
        combined, early = (float(cell.removesuffix(" %")) / 100 for cell in at_rate[1:3])
        assert abs(combined - metrics["combined_accuracy"]) <= 0.0005
        assert abs(early - metrics["exit_rate"][0]) <= 0.002


def test_readme_quotes_the_comparison() -> None:
    for model in NETWORKS:
        short = model.removeprefix("b_lenet_")
        quoted = rows(README, f"`{model}`")[1:]
        for way, row in zip(LIMITS, quoted, strict=True):
            natural, random = (one for one in rows(COMPARISON, short) if one[1] == way)
            assert (natural[2], random[2]) == ("natural", "random")
            assert row[1].startswith(LIMITS[way])
            assert row[2] == natural[9] == random[9]
            assert row[3:6] == [f"{natural[i]} / {random[i]}" for i in (10, 11, 12)]
        assert "benchmarks/under_load.py" in README


def test_gains_are_the_ratios_beside_them() -> None:
    seen = 0
    for short in ("se", "fcn"):
        for row in (row for row in rows(COMPARISON, short) if row[1] in LIMITS):
            early, static = (float(each.replace(",", "")) for each in row[3].split(" / "))
            mean, none = (float(row[i].replace(",", "")) for i in (4, 8))
            assert row[9] == f"{early / static:.2f}"
            assert row[10] == f"{none / mean:.2f}"
            assert float(row[12]) == pytest.approx(float(row[10]) * float(row[11]), rel=0.02)
            seen += 1
    assert seen == 12


@pytest.mark.slow
@pytest.mark.parametrize("model", NETWORKS)
def test_figures_are_what_the_checkpoints_give(model: str, tmp_path: Path) -> None:
    """All test images through golden execution and the default policy, replayed at the documented paces."""
    mnist = data.load("mnist", settings().data_dir)
    graphs = export_graphs(_checkpoint(model).build(), tmp_path)
    decided = Decided.of(graphs, mnist)
    assert rows(README, f"`{model}`")[0][1:5] == decided.cells
    at_rate = rows(README, f"`{model}`, `--exit-rate 0.97`")[0]
    assert at_rate[1:3] == Decided.of(graphs, mnist, exit_rate=0.97).cells[:2]
    short = model.removeprefix("b_lenet_")
    stages = (_pace(short, "stage 0"), _pace(short, "stage 1"))
    study = study_of(model, decided.answers.exits, stages, _pace(short, "none"), _pace(short, "exit 0 alone"))
    documented = [row[1:] for row in rows(COMPARISON, short) if row[1] in LIMITS]
    assert [cells(one) for one in study.operations] == documented


@pytest.mark.slow
def test_the_original_networks_figures_are_what_its_checkpoint_gives(tmp_path: Path) -> None:
    mnist = data.load("mnist", settings().data_dir)
    first = next(line for line in README.splitlines() if line.startswith("| `b_lenet`, the original"))
    decided = Decided.of(export_graphs(_checkpoint("b_lenet").build(), tmp_path), mnist)
    assert [cell.strip() for cell in first.strip("| ").split(" | ")][1:5] == decided.cells


def _pace(network: str, design: str) -> StagePace:
    (row,) = (row for row in rows(COMPARISON, network) if row[1] == design)
    numbers = [int(cell.replace(",", "")) for cell in row[2:] if re.fullmatch(r"[\d,]+", cell)]
    interval, logits, *rest = numbers
    return StagePace(interval=interval, logits=logits, feature_map=rest[0] if rest else None)


def _checkpoint(model: str) -> Checkpoint:
    found = shipped(model, "mnist", QuantConfig())
    assert found is not None
    return found
