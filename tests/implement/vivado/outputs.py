# ruff: noqa: E501  (lines are as wide as Vivado writes them)
"""Reports and messages in Vivado's formats, of a made-up design."""

from __future__ import annotations

RULE = "-" * 96
LICENCE = (
    "ERROR: [Common 17-345] A valid license was not found for feature 'Synthesis' and/or device 'xc7z045'. Please "
    "run the Vivado License Manager for assistance in determining which features and devices are licensed."
)
CRASH = "Abnormal program termination (11)\nPlease check 'hs_err_pid4711.log' for details"
NO_PART = "WARNING: [Device 21-436] No parts matched 'xczu7ev'\nERROR: [Coretcl 2-106] Specified part could not be found."
TOO_LARGE = (
    "ERROR: [Place 30-640] Place Check : This design requires more RAMB18 and RAMB36/FIFO cells than are available "
    "in the target device. This design requires 300 of such cell types but only 280 compatible sites are available."
)


def utilisation(kind: str = "Slice", lut: int = 12_345, tiles: str = "8.5", dsp: int = 31) -> str:
    """``report_utilization`` of a 7 series part, or with ``CLB`` of an UltraScale+ one."""
    rows = {
        f"{kind} LUTs": (lut, 53_200),
        "  LUT as Logic": (lut - 100, 53_200),
        "  LUT as Memory": (100, 17_400),
        f"{kind} Registers": (23_456, 106_400),
    }
    return f"""\
Copyright 1986-2022 Xilinx, Inc. All Rights Reserved. Copyright 2022-2024 Advanced Micro Devices, Inc.
| Tool Version : Vivado v.2024.2 (lin64) Build 5239630 Fri Nov 08 22:34:34 MST 2024
| Design       : overlay_wrapper
| Design State : Routed

Utilization Design Information

1. {kind} Logic
--------------

{_table(rows)}
* Warning! LUT value is adjusted to account for LUT combining.

2. Memory
---------

{_table({"Block RAM Tile": (tiles, 140), "  RAMB36/FIFO*": (7, 140), "  RAMB18": (3, 280)})}

3. DSP
------

{_table({"DSPs": (dsp, 220)})}
"""


def _table(rows: dict[str, tuple[int | str, int]]) -> str:
    edge = f"+-{'-' * 26}-+-------+-------+------------+-----------+-------+"
    lines = [edge, f"| {'Site Type':^26} |  Used | Fixed | Prohibited | Available | Util% |", edge]
    for name, (used, has) in rows.items():
        share = 100 * float(used) / has
        lines.append(f"| {name:<26} | {used:>5} |     0 |          0 | {has:>9} | {share:>5.2f} |")
    return "\n".join([*lines, edge])


def timing(
    setup: float = 0.412, hold: float = 0.031, pulse: float = 3.75, mhz: float = 100.0, net: str = "clk_out1"
) -> str:
    """``report_timing_summary``."""
    period = 1000 / mhz
    head = (
        "    WNS(ns)      TNS(ns)  TNS Failing Endpoints  TNS Total Endpoints      WHS(ns)      THS(ns)  "
        "THS Failing Endpoints  THS Total Endpoints     WPWS(ns)     TPWS(ns)  TPWS Failing Endpoints  "
        "TPWS Total Endpoints  "
    )
    lines = "    " + "  ".join(["-------"] * 12)
    worst = (
        f"{setup:>11.3f} {min(setup, 0) * 7:>12.3f} {7 if setup < 0 else 0:>22} {45678:>20} {hold:>12.3f} "
        f"{min(hold, 0):>12.3f} {0:>22} {45678:>20} {pulse:>12.3f} {0:>12.3f} {0:>23} {20123:>21}  "
    )
    met = (
        "All user specified timing constraints are met."
        if min(setup, hold) >= 0
        else "Timing constraints are not met."
    )
    verdict = "MET" if setup >= 0 else "VIOLATED"
    return f"""\
Copyright 1986-2022 Xilinx, Inc. All Rights Reserved. Copyright 2022-2024 Advanced Micro Devices, Inc.
{RULE}
| Tool Version      : Vivado v.2024.2 (lin64) Build 5239630 Fri Nov 08 22:34:34 MST 2024
| Command           : report_timing_summary -max_paths 1 -file results/timing.rpt
| Design            : overlay_wrapper
{RULE}

Timing Summary Report

{_box("Timer Settings")}
  Enable Multi Corner Analysis               :  Yes


{_box("Design Timing Summary")}
{head}
{lines}
{worst}


{met}


{_box("Clock Summary")}
Clock                     Waveform(ns)       Period(ns)      Frequency(MHz)
-----                     ------------       ----------      --------------
clk_fpga_0                {{0.000 5.000}}      10.000          100.000
  {net}_overlay_clock_0    {{0.000 {period / 2:.3f}}}      {period:.3f}          {mhz:.3f}
  clkfbout_overlay_clock_0  {{0.000 5.000}}      10.000          100.000


{_box("Intra Clock Table")}
Clock             {head}
-----             {lines}
clk_fpga_0                                                                                                    2.500        0.000                       0                     1
  {net}_overlay_clock_0 {worst}
  clkfbout_overlay_clock_0                                                                                    7.845        0.000                       0                     3


{_box("Inter Clock Table")}
From Clock    To Clock          WNS(ns)      TNS(ns)  TNS Failing Endpoints  TNS Total Endpoints
----------    --------          -------      -------  ---------------------  -------------------


{_box("Timing Details")}

Max Delay Paths
--------------------------------------------------------------------------------------
Slack ({verdict}) :             {setup:.3f}ns  (required time - arrival time)
  Source:                 overlay_i/offramp/inst/stage0_part/trunk0/sum_reg[3]/C
                            (rising edge-triggered cell FDRE clocked by {net}_overlay_clock_0  {{rise@0.000ns}})
  Destination:            overlay_i/offramp/inst/stage0_part/trunk0/out_reg[7]/D
                            (rising edge-triggered cell FDRE clocked by {net}_overlay_clock_0  {{rise@0.000ns}})
  Path Group:             {net}_overlay_clock_0
  Path Type:              Setup (Max at Slow Process Corner)
  Requirement:            {period:.3f}ns  ({net}_overlay_clock_0 rise@{period:.3f}ns)
  Data Path Delay:        9.283ns  (logic 3.776ns (40.677%)  route 5.507ns (59.323%))
  Logic Levels:           7  (CARRY4=3 LUT3=1 LUT6=3)

Min Delay Paths
--------------------------------------------------------------------------------------
Slack (MET) :             {hold:.3f}ns  (arrival time - required time)
  Source:                 overlay_i/dma0/a_reg/C
  Destination:            overlay_i/dma0/b_reg/D
  Data Path Delay:        0.212ns  (logic 0.100ns (47.069%)  route 0.112ns (52.931%))
"""


def _box(title: str) -> str:
    return f"{RULE}\n| {title}\n| {'-' * len(title)}\n{RULE}\n"


def power(total: float = 1.795, dynamic: float = 1.576, static: float = 0.219) -> str:
    """``report_power``."""
    return f"""\
Copyright 1986-2022 Xilinx, Inc. All Rights Reserved. Copyright 2022-2024 Advanced Micro Devices, Inc.
| Tool Version     : Vivado v.2024.2 (lin64)

Power Report

1. Summary
----------

+--------------------------+--------------+
| Total On-Chip Power (W)  | {total:<12} |
| Design Power Budget (W)  | Unspecified* |
| Dynamic (W)              | {dynamic:<12} |
| Device Static (W)        | {static:<12} |
| Confidence Level         | Medium       |
| Simulation Activity File | ---          |
+--------------------------+--------------+

1.1 On-Chip Components
----------------------

+--------------------------+-----------+----------+-----------+-----------------+
| On-Chip                  | Power (W) | Used     | Available | Utilization (%) |
+--------------------------+-----------+----------+-----------+-----------------+
| Clocks                   |     0.035 |        3 |       --- |             --- |
| PS7                      |     1.269 |        1 |       --- |             --- |
+--------------------------+-----------+----------+-----------+-----------------+
"""
