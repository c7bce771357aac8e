from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from toolkit.core.errors import ArtifactError
from toolkit.report.schema import Report

KEYS = {
    "schema", "model", "dataset", "quant", "exits", "policy", "combined", "baseline", "verification",
    "resources", "stage_seconds", "frames", "gain", "gain_equal_folding", "clock_mhz", "cascade",
    "comparison",
}  # fmt: skip
EXIT = {
    "index",
    "accuracy",
    "exit_rate",
    "accuracy_of_exited",
    "macs",
    "latency_cycles",
    "interval_cycles",
    "latency_us",
    "energy_uj",
    "incremental_uj",
}


def test_keys_of_schema_1(report: Report, tmp_path: Path) -> None:
    report.save(tmp_path)
    value = json.loads((tmp_path / "report.json").read_text())
    assert value["schema"] == 1
    assert set(value) >= KEYS
    assert all(set(one) >= EXIT for one in value["exits"])
    assert set(value["exits"][0]["latency_cycles"]) == {"min", "median", "max"}
    assert set(value["baseline"]) >= {"accuracy", "macs", "latency_cycles", "interval_cycles"}
    for part in (*value["exits"], value["combined"], value["baseline"]):
        assert set(part["energy_uj"]) == {"value", "low", "high", "provenance", "source"}
        assert set(part) >= {"frames_per_s", "latency_us", "edp"}
    assert set(value["policy"]) >= {"criterion", "thresholds", "calibrated_on", "objective", "guarantee"}
    assert set(value["gain"]) >= {"throughput", "latency", "energy", "edp"}
    assert set(value["clock_mhz"]) == {"value", "provenance", "source"}
    assert set(value["verification"]) >= {"frames", "layers", "compared", "mismatches", "stall_patterns"}
    assert {"weight_bits": 4, "act_bits": 4, "scaling": "po2"}.items() <= value["quant"].items()


def test_read_back(report: Report, tmp_path: Path) -> None:
    report.save(tmp_path)
    assert Report.load(tmp_path) == report


def test_the_digest_is_over_all_but_wall_time(report: Report) -> None:
    assert (
        report.model_copy(update={"stage_seconds": {}, "stage_peak_bytes": {"verify": 7}}).digest
        == report.digest
    )
    assert report.model_copy(update={"model": "another"}).digest != report.digest


def change(*keys: Any, to: Any = None) -> Any:
    def apply(value: Any) -> None:
        for key in keys[:-1]:
            value = value[key]
        if to is None:
            del value[keys[-1]]
        else:
            value[keys[-1]] = None if to == "none" else to

    return apply


DAMAGE = {
    "was written by another version of Offramp; expected schema 1; found 2": change("schema", to=2),
    "report.json: exits.0.accuracy; expected a value": change("exits", 0, "accuracy"),
    "report.json: exits.0.accuracy; expected less than or equal to 1; found 1.5": change(
        "exits", 0, "accuracy", to=1.5
    ),
    "report.json: energy; expected no such key; found 'much'": change("energy", to="much"),
    "report.json: verification.mismatches; expected 0; found 3": change("verification", "mismatches", to=3),
    "verification.compared; expected greater than or equal to 1; found 0": change(
        "verification", "compared", to=0
    ),
    "report.json: resources.provenance; expected 'measured', 'simulated'": change(
        "resources", "provenance", to="guessed"
    ),
    "exit rates must add up to 1": change("exits", 0, "exit_rate", to=0.5),
    "there must be a threshold per early exit": change("policy", "thresholds", to=[]),
    "frames must be those verified, and test images": change("frames", to=6),
    "gain in throughput must be the ratio of what the two cost": change("gain", "throughput", to=4.1),
    "gain in edp must be the ratio": change("gain_equal_folding", "edp", to=9.9),
    "the chosen thresholds must be those of the policy": change("trade_off", "chosen", to=2),
    "the test curve at the chosen thresholds must be what": change(
        "trade_off", "test", "accuracies", 1, to=0.5
    ),
    "curves must have a row per policy": change("trade_off", "test", "risks", 0),
    "frames of the cascade must be those verified": change("cascade", "frames", to=4),
    "low <= value <= high": change("combined", "energy_uj", "low", to=1e6),
    "low and high, or neither": change("exits", 0, "energy_uj", "low", to="none"),
    "clock_mhz.provenance; expected ": change("clock_mhz", "provenance", to="guessed"),
    "exits and accelerators are not those of one network": change("accelerators", 1),
}


@pytest.mark.parametrize("message", DAMAGE)
def test_damaged_reports_are_refused(message: str, report: Report, tmp_path: Path) -> None:
    value = json.loads(report.save(tmp_path).read_text())
    DAMAGE[message](value)
    (tmp_path / "report.json").write_text(json.dumps(value))
    with pytest.raises(ArtifactError) as caught:
        Report.load(tmp_path)
    assert message in str(caught.value)


def test_no_report(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"report\.json is missing"):
        Report.load(tmp_path)
