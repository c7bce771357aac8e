from __future__ import annotations

from pathlib import Path

import pytest

from toolkit.core.errors import ArtifactError
from toolkit.cost.vivado import PowerReport, read_power_report

REPORT = """\
Copyright 1986-2021 Xilinx, Inc. All Rights Reserved.
| Tool Version     : Vivado v.2021.1 (lin64)
| Design           : design_1_wrapper

Power Report

1. Summary
----------

+--------------------------+--------------+
| Total On-Chip Power (W)  | 1.795        |
| Design Power Budget (W)  | Unspecified* |
| Power Budget Margin (W)  | NA           |
| Dynamic (W)              | 1.576        |
| Device Static (W)        | 0.219        |
| Junction Temperature (C) | 28.2         |
| Confidence Level         | Low          |
| Setting File             | ---          |
| Simulation Activity File | ---          |
| Design Nets Matched      | NA           |
+--------------------------+--------------+

1.1 On-Chip Components
----------------------

+--------------------------+-----------+----------+-----------+-----------------+
| On-Chip                  | Power (W) | Used     | Available | Utilization (%) |
+--------------------------+-----------+----------+-----------+-----------------+
| Clocks                   |     0.005 |        3 |       --- |             --- |
| Slice Logic              |    <0.001 |     6473 |       --- |             --- |
| PS7                      |     1.569 |        1 |       --- |             --- |
| Static Power             |     0.219 |          |           |                 |
| Total                    |     1.795 |          |           |                 |
+--------------------------+-----------+----------+-----------+-----------------+

3.1 By Hierarchy
----------------

+--------------------------+-----------+
| design_1_wrapper         |     1.576 |
+--------------------------+-----------+
"""


def read(folder: Path, text: str) -> PowerReport:
    path = folder / "power.rpt"
    path.write_text(text)
    return read_power_report(path)


def test_total_dynamic_static(tmp_path: Path) -> None:
    report = read(tmp_path, REPORT)
    assert (report.total_w, report.dynamic_w, report.static_w) == (1.795, 1.576, 0.219)
    assert (report.processor_w, report.confidence, report.activity) == (1.569, "Low", False)
    assert report.fabric.value == pytest.approx(0.007)


def test_energy_of_a_frame(tmp_path: Path) -> None:
    energy = read(tmp_path, REPORT).incremental(interval_us=20.0)
    assert energy.value == pytest.approx(0.14)  # 7 mW for 20 us
    assert (energy.low, energy.high) == (None, None)
    assert energy.provenance == "estimated"
    assert "power.rpt, assumed activity, confidence Low" in energy.source


def test_simulated_activity(tmp_path: Path) -> None:
    text = REPORT.replace("Simulation Activity File | --- ", "Simulation Activity File | run.saif ")
    report = read(tmp_path, text)
    assert report.activity
    assert report.incremental(1.0).provenance == "simulated"


def test_a_part_without_processor(tmp_path: Path) -> None:
    text = "\n".join(line for line in REPORT.splitlines() if "PS7" not in line)
    assert read(tmp_path, text).fabric.value == 1.576


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (REPORT, "", "another format"),
        (REPORT, "Power: 1.2 W\n", r"expected a row 'Total On-Chip Power \(W\)'.*report_power -file"),
        ("| Device Static (W)        | 0.219        |\n", "", r"a row 'Device Static \(W\)'"),
        ("| 1.795        |", "| 2.795        |", r"total = dynamic \+ static"),
        ("| 0.219        |", "| -0.219       |", "static_w.*greater than or equal to 0"),
        ("| 1.576        |", "| many         |", "dynamic_w.*valid number"),
    ],
)
def test_other_formats_are_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in REPORT
    with pytest.raises(ArtifactError, match=message):
        read(tmp_path, REPORT.replace(old, new))


def test_a_missing_report(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="is missing"):
        read_power_report(tmp_path / "none.rpt")
