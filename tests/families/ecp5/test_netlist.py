"""Cells against the part, and nextpnr's report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from toolkit.core.errors import ArtifactError
from toolkit.families.ecp5.netlist import needs
from toolkit.families.ecp5.timing import routed
from toolkit.families.results import CriticalPath, ResourceUse, RoutedClock
from toolkit.families.yosys import cells

CELLS = {
    "LUT4": 4748,
    "CCU2C": 510,
    "TRELLIS_DPR16X4": 123,
    "TRELLIS_FF": 8484,
    "DP16KD": 11,
    "MULT18X18D": 66,
}
LOG = "Info:     Total LUT4s:      6506/83640     7%\n"


def test_look_up_tables_are_counted_as_nextpnr_does() -> None:
    assert needs(CELLS) == {"lut": 6506, "ff": 8484, "bram": 11, "dsp": 66}  # 6506: nextpnr, same netlist


def test_cells_of_a_netlist(tmp_path: Path) -> None:
    (tmp_path / "stat.json").write_text(json.dumps({"design": {"num_cells_by_type": CELLS}}))
    assert cells(tmp_path) == CELLS
    (tmp_path / "stat.json").write_text(json.dumps({"design": {}}))
    with pytest.raises(ArtifactError, match="expected cells; found none"):
        cells(tmp_path)


def report(folder: Path, **changes: object) -> Path:
    hops = [
        ("clk-to-q", 0.52, "a.Q"),
        ("routing", 3.06, "m.A0"),
        ("logic", 3.93, "m.P0"),
        ("setup", 0.0, "b.M"),
    ]
    path = []
    for kind, delay, name in hops:
        cell, port = name.split(".")
        end = {"cell": cell, "port": port}
        path.append({"type": kind, "delay": delay, "from": path[-1]["to"] if path else end, "to": end})
    value = {
        "fmax": {
            "$glbnet$core": {"constraint": 60.0024, "achieved": 102.8},
            "clk": {"constraint": 25.0, "achieved": 300.0},
        },
        "critical_paths": [
            {"from": "<async>", "to": "posedge $glbnet$core", "path": []},
            {"from": "posedge $glbnet$core", "to": "posedge $glbnet$core", "path": path},
        ],
        "utilization": {
            kind: {"used": 1, "available": 9}
            for kind in ("TRELLIS_COMB", "TRELLIS_FF", "DP16KD", "MULT18X18D")
        },
        **changes,
    }
    (folder / "report.json").write_text(json.dumps(value))
    return folder / "report.json"


def test_a_report_is_read(tmp_path: Path) -> None:
    found = routed(report(tmp_path), LOG, 60.0)
    assert found.clock == RoutedClock(net="$glbnet$core", wanted_mhz=60.0024, reached_mhz=102.8)
    assert len(found.clocks) == 2
    assert found.met
    assert found.path == CriticalPath(source="a.Q", sink="b.M", logic_ns=4.45, routing_ns=3.06)
    assert found.use["LUT4"] == ResourceUse(used=6506, available=83640)
    assert found.use["DP16KD"] == ResourceUse(used=1, available=9)


@pytest.mark.parametrize("net", ["$glbnet$core", "clk"])
def test_any_clock_may_be_missed(tmp_path: Path, net: str) -> None:
    value = json.loads(report(tmp_path).read_text())
    value["fmax"][net]["achieved"] = 20.0
    assert not routed(report(tmp_path, fmax=value["fmax"]), LOG, 60.0).met


def test_a_pll_that_makes_another_clock_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"one of 120 MHz; found \$glbnet\$core at 60\.0024 MHz, clk"):
        routed(report(tmp_path), LOG, 120.0)


@pytest.mark.parametrize("changes", [{"critical_paths": []}, {"utilization": {}}, {"fmax": {"x": {}}}])
def test_a_damaged_report_is_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    with pytest.raises(ArtifactError, match=r"report .*report\.json is damaged"):
        routed(report(tmp_path, **changes), LOG, 60.0)


def test_a_log_without_the_numbers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="the number of LUT4"):
        routed(report(tmp_path), "", 60.0)
