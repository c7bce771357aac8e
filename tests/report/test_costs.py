"""What frames cost, the cascade and the comparison: by hand, consistent, and mixed-up files."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import hw_models
from hw_models import QuantConfig, shipped
from tests.report import fake_run
from toolkit import data
from toolkit.core.artifact import read_json, write_json
from toolkit.core.errors import ArtifactError
from toolkit.core.nothing import leave_reason
from toolkit.cost import RunCosts
from toolkit.explore.comparison import Comparison
from toolkit.report.backbone import accuracy_alone
from toolkit.report.page import render
from toolkit.report.schema import Report
from toolkit.report.sources import collect


def test_costs_are_those_of_the_runs_design(report: Report) -> None:
    early, late = report.exits
    assert (early.latency_us, late.latency_us) == pytest.approx((1.0, 1.9))
    assert early.incremental_uj is not None
    assert (early.incremental_uj.value, early.incremental_uj.provenance) == (1, "estimated")
    mix, static = report.combined, report.baseline
    assert (mix.latency_us, mix.interval_us, mix.frames_per_s) == pytest.approx((1.36, 0.5, 2e6))
    assert (static.latency_us, static.frames_per_s) == (0.9, 1e6 / 0.45)
    assert mix.incremental_uj is not None
    assert math.isclose(mix.incremental_uj.value, 0.6 * 1 + 0.4 * 10)
    assert report.clock_mhz is not None
    assert (report.clock_mhz.value, report.board) == (100, "pynq-z2")


def test_gain_is_at_equal_resources(report: Report) -> None:
    equal = report.equal_resources
    assert equal is not None
    assert report.gain is not None
    assert report.gain_equal_folding is not None
    assert (equal.dsp, equal.part) == (165, "zc706")
    assert (equal.combined.interval_us, equal.baseline.interval_us) == (0.1, 0.4)
    assert math.isclose(report.gain.throughput, 4.0)
    # Three frames are answered 20 cycles after they come; the fourth is at stage 1 after 20 and answered 45
    # later; the fifth waits there for 15 cycles.
    assert math.isclose(report.gain.latency, 80 / ((3 * 20 + 65 + 80) / 5))
    assert report.gain_load is not None
    assert (report.gain_load.order, report.gain_load.limited_by) == ("natural", "stages")
    assert math.isclose(report.gain_equal_folding.throughput, 0.9)


def test_means_over_thresholds(report: Report) -> None:
    """At the chosen threshold they are the mix; at the ends they are the exits."""
    trade, mix = report.trade_off, report.combined
    assert trade is not None
    test = trade.test
    assert test.latency_us is not None
    assert test.energy_uj is not None
    assert test.incremental_uj is not None
    assert mix.energy_uj is not None
    assert test.latency_us == pytest.approx((1.9, 1.36, 1.0, 1.0))
    assert test.incremental_uj == pytest.approx((10, 4.6, 1, 1))
    assert test.energy_uj[trade.chosen] == pytest.approx(mix.energy_uj.value)
    assert trade.calibration.latency_us == pytest.approx((1.9, 1.27, 1.09, 1.0))


def test_the_cascade_by_hand(report: Report) -> None:
    cascade = report.cascade
    assert cascade is not None
    assert (cascade.natural.latency_cycles.median, cascade.natural.latency_cycles.max) == (100, 190)
    assert (cascade.natural.interval_cycles, cascade.bursts.interval_cycles) == (78.2, 60.2)
    bins = cascade.natural.latency_histogram
    at = {bins.start + i * bins.width: frames for i, frames in enumerate(bins.frames) if frames}
    assert at == {100: 3, 190: 2}
    assert cascade.warnings == ()


def test_warnings(report: Report) -> None:
    assert report.comparison is not None
    assert report.comparison.warnings == (
        "40.0% of the test frames reach stage 1, which was folded for 30.0%; it still keeps up",
    )


def test_the_comparison_is_passed_on(report: Report) -> None:
    found = report.comparison
    assert found is not None
    assert (found.geometric_mean, found.worst.gain, found.floor_cycles) == (3.0, 2.25, 8.0)
    assert [point.gain for point in found.points] == [2.25, 4.0]
    assert found.points[0].share is None
    assert found.reference.stages[1].resources.model_dump() == {"lut": 10, "bram": 3, "dsp": 6, "uram": 0}


def test_one_exit_has_no_costs(tmp_path: Path) -> None:
    report = collect(fake_run.write(tmp_path / "run", backbone=True))
    assert (report.policy.criterion, report.policy.thresholds) == (None, ())
    assert [one.exit_rate for one in report.exits] == [1]
    assert report.combined.accuracy == report.baseline.accuracy == report.exits[0].accuracy == 0.8
    empty = (report.gain, report.equal_resources, report.cascade, report.comparison, report.clock_mhz)
    assert empty == (None,) * 5
    assert report.combined.energy_uj is None
    assert report.missing
    assert (report.baseline.accuracy_alone, report.baseline.accuracy_alone_says) == (
        None,
        "this network has no early exit",
    )
    assert not [
        key for key in report.provenance if key.startswith(("gain", "cascade", "comparison", "policy"))
    ]


def test_a_network_that_is_too_large_to_be_compared_has_the_rest(tmp_path: Path) -> None:
    sources = fake_run.write(tmp_path / "run")
    (sources.folders["compare"] / Comparison.FILE).unlink()
    (sources.folders["cost"] / RunCosts.FILE).unlink()
    leave_reason(sources.folders["compare"], "it is too large")
    report = collect(sources)
    assert report.cascade is not None
    assert report.gallery is not None
    assert (report.gain, report.equal_resources, report.comparison, report.trade_off) == (None,) * 4
    assert not [key for key in report.provenance if key.startswith(("gain", "comparison", "trial"))]
    assert "cascade" in report.provenance
    page = render(report)
    assert "Costs and gains are not known: it is too large" in page
    assert "What each exit costs" not in page


def _change(stage: str, file: str, *keys: Any, to: Any = None) -> Callable[[dict[str, Path]], None]:
    def apply(folders: dict[str, Path]) -> None:
        path = folders[stage] / file
        value = inner = read_json(path)
        for key in keys[:-1]:
            inner = inner[key]
        if to is None:
            del inner[keys[-1]]
        else:
            inner[keys[-1]] = to
        write_json(path, value)

    return apply


LATENCY = ("bursts", "latency_cycles", "max")
DAMAGE = {
    "exit rates in": _change("cost", "costs.json", "equal_folding", "exit_rates", to=[0.5, 0.5]),
    "costs.json: equal_resources; expected a value": _change("cost", "costs.json", "equal_resources"),
    "costs.json: equal_folding.combined.energy_uj; expected a value": _change(
        "cost", "costs.json", "equal_folding", "combined", "energy_uj"
    ),
    "cascade.json, latency in order 'bursts'": _change("cascade", "cascade.json", *LATENCY, to=151),
    "cascade.json: stages; expected a value": _change("cascade", "cascade.json", "stages"),
    "cascade.json: stages.0.interval": _change("cascade", "cascade.json", "stages", 0, "interval", to=0),
    "cascade.json; expected 5 as verified; found 4": _change("cascade", "cascade.json", "frames", to=4),
    "comparison.json: reference; expected a value": _change("compare", "comparison.json", "reference"),
    "comparison.json: points.0.gain": _change("compare", "comparison.json", "points", 0, "gain", to=-1),
}


@pytest.mark.parametrize("message", DAMAGE)
def test_mixed_up_files_are_refused(message: str, tmp_path: Path) -> None:
    sources = fake_run.write(tmp_path / "run")
    DAMAGE[message](dict(sources.folders))
    with pytest.raises(ArtifactError) as caught:
        collect(sources)
    assert message in str(caught.value)


def test_the_backbone_trained_alone() -> None:
    digits, quant = data.load("digits"), QuantConfig()
    network = hw_models.get("b_lenet_se")
    found, source = accuracy_alone(network, quant, digits, len(digits.test))
    card = read_json(shipped.path("b_lenet_se_backbone", "digits", quant).with_suffix(".json"))
    assert found == card["metrics"]["test"]["combined_accuracy"]
    assert "b_lenet_se_backbone-digits-w4a4.pt" in source
    other = data.load("digits", seed=1)
    found, source = accuracy_alone(network, quant, other, 10)
    assert found is None, "its test images may have been trained with"
    assert "another split" in source
    found, source = accuracy_alone(network, QuantConfig(weight_bits=7), digits, 10)
    assert found is None
    assert "no checkpoint of b_lenet_se_backbone ships for digits" in source
