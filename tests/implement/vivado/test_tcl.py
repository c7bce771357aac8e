"""The Tcl of plans in a real interpreter, with Vivado's commands as procedures that record their calls."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.chip.toy import accelerators
from tests.implement.vivado import toy
from tests.implement.vivado.diagram import Refused, diagram, faults
from tests.implement.vivado.recorded import Answers, Record, interpreters, run
from toolkit.chip.overlay import plan_overlay
from toolkit.implement.clocks import clock_of
from toolkit.implement.plan import DONE

EVERY = [(board, stages) for board in toy.BOARDS for stages in (1, 2, 3)]


def unpacked(folder: Path, board: str = "pynq-z2", stages: int = 2) -> Path:
    toy.plan(folder / "design", board, stages).unpack(folder / "plan")
    for name in ("logs", "results"):
        (folder / "plan" / name).mkdir()
    return folder / "plan"


def recorded(plan: Path, script: str, answers: Answers | None = None) -> Record:
    record = run(f"{script}.tcl", plan, answers)
    assert record.code == 0, record.output
    assert (plan / DONE / script).is_file()
    return record


@pytest.mark.parametrize(("board", "stages"), EVERY)
def test_the_block_design_is_whole(tmp_path: Path, board: str, stages: int) -> None:
    plan = unpacked(tmp_path, board, stages)
    found = diagram(recorded(plan, "project"), plan)
    assert faults(found) == []
    masters = 3 * stages - 1  # each stage sends and receives, all but the last receive a feature map
    assert len(found.addresses) == masters + 2 * stages
    assert sum("axis" in master.lower() for master, _ in found.links) == masters


def test_every_interpreter_says_the_same(tmp_path: Path) -> None:
    plan = unpacked(tmp_path)
    for script, code in (("project.tcl", 0), ("reports.tcl", 1)):
        records = [run(script, plan, command=command) for command in interpreters()]
        assert [record.code for record in records] == [code] * len(records)
        # tclsh ends with the command exit, which may be another's.
        calls = [[call for call in record.calls if call != ["exit", "0"]] for record in records]
        assert all(one == calls[0] for one in calls)


def test_the_project_has_every_file_of_the_design(tmp_path: Path) -> None:
    plan = unpacked(tmp_path)
    record = recorded(plan, "project")
    added = [word for call in record.of("add_files") for word in call[-1].split()]
    assert added == ["blocks/stage.sv", "rtl/offramp_top.v", "overlay_wrapper.v"]
    assert all((plan / file).is_file() for file in added[:2])
    assert ["set_property", "verilog_define", "FINN_SIMULATION", "sources_1"] in record.calls
    (hook,) = [call[2] for call in record.of("set_property") if call[1] == "STEPS.SYNTH_DESIGN.TCL.PRE"]
    (tmp_path / "synth_1").mkdir()
    assert run(hook, tmp_path / "synth_1").code == 0
    assert (tmp_path / "synth_1" / "weights.dat").read_text() == "00\n"


def test_the_steps_behind_the_project(tmp_path: Path) -> None:
    plan = unpacked(tmp_path)
    (plan / "runme.log").write_text("what the run said\n")
    assert recorded(plan, "synthesis").of("reset_run", "launch_runs") == [
        ["reset_run", "synth_1"],
        ["launch_runs", "synth_1"],
    ]
    assert (plan / "logs" / "synthesis_run.log").read_text() == "what the run said\n"
    assert recorded(plan, "implementation").of("launch_runs") == [["launch_runs", "impl_1"]]
    handoff = plan / "project" / "overlay.gen" / "sources_1" / "bd" / "overlay" / "hw_handoff" / "overlay.hwh"
    handoff.parent.mkdir(parents=True)
    handoff.write_text("hardware\n")
    record = recorded(plan, "reports")
    diagram(record, plan)  # knows the options of every command
    assert sorted(file.name for file in (plan / "results").iterdir()) == [
        "overlay.hwh",
        "power.rpt",
        "timing.rpt",
        "utilization.rpt",
    ]
    diagram(recorded(plan, "bitstream"), plan)
    assert (plan / "results" / "overlay.bit").is_file()


@pytest.mark.parametrize(
    ("script", "answers", "words"),
    [
        (
            "project",
            Answers(version="2020.2"),
            "[Offramp version] Vivado 2020.2, and 2022.1 or newer is needed",
        ),
        ("project", Answers(parts=("xc7a35tcsg324-1",)), "[Offramp part] this Vivado does not have the part"),
        (
            "project",
            Answers(ips=("xilinx.com:ip:clk_wiz:6.0",)),
            "[Offramp part] this Vivado has no IP processing_sys",
        ),
        ("synthesis", Answers(progress="33%"), "[Offramp run] run synth_1 ended: synth_design ERROR"),
        ("implementation", Answers(progress="0%"), "[Offramp run] run impl_1 ended"),
        ("reports", Answers(), "[Offramp run] no overlay.hwh"),
        ("bitstream", Answers(slack="-0.25"), "[Offramp timing] slack -0.25 ns, max delay"),
    ],
)
def test_a_step_that_fails_leaves_no_mark(tmp_path: Path, script: str, answers: Answers, words: str) -> None:
    plan = unpacked(tmp_path)
    record = run(f"{script}.tcl", plan, answers)
    assert (record.code, record.of("exit")) == (1, [["exit", "1"]])
    assert f"ERROR: {words}" in record.output
    assert not (plan / DONE / script).exists()


@pytest.mark.parametrize("version", ["2022.1", "2024.2.1", "2025.1_AR000001"])
def test_newer_versions_are_taken(tmp_path: Path, version: str) -> None:
    recorded(unpacked(tmp_path), "project", Answers(version=version))


FAULTS = {
    "a misspelt variable": ("project.tcl", r"\$diagram -top", "$diagramm -top", 'can\'t read "diagramm"'),
    "an unknown command": (
        "block_design.tcl",
        "validate_bd_design",
        "validate_bd_desing",
        "invalid command name",
    ),
    "a wrong brace": ("block_design.tcl", r"NUM_MI \{4\}", "NUM_MI {4", "missing close-brace"),
    "a wrong bracket": (
        "project.tcl",
        r"\[get_files \$design.bd\]",
        "[get_files $design.bd",
        "missing close-bracket",
    ),
}
"""What the interpreter finds: file, pattern, what takes its place, words of the message."""

REFUSED = {
    "an unknown parameter": ("c_include_sg", "c_include_sgg", "has no parameter CONFIG.c_include_sgg"),
    "an unknown IP": ("add_ip axi_dma dma1", "add_ip clk_wiz dma1", "has no parameter CONFIG.c_include_sg"),
    "an unknown pin": ("dma1/axi_resetn", "dma1/resetn", "no pin dma1/resetn"),
    "an unknown interface": (
        "dma0_map/S_AXIS_S2MM",
        "dma0_map/M_AXIS_MM2S",
        "no interface dma0_map/M_AXIS_MM2S",
    ),
    "too few ports": ("NUM_SI {5}", "NUM_SI {4}", "no interface memory/S04_AXI"),
    "ends exchanged": (
        "link dma0/M_AXIS_MM2S offramp/s_axis_dma0",
        "link offramp/s_axis_dma0 dma0/M_AXIS_MM2S",
        "is a slave",
    ),
    "a stream to a memory port": (
        "link offramp/m_axis_dma0 dma0",
        "link memory/M00_AXI dma0",
        "of any, .* of stream",
    ),
    "an unknown segment": ("HP0_DDR_LOWOCM", "HP0_DDR_LOW", "no segment ps/S_AXI_HP0/HP0_DDR_LOW"),
    "an unknown option": ("-offset 0x40010000", "-ofset 0x40010000", "no option -ofset"),
    "a clock for a reset": ("drive clock/locked", "drive clock/clk_out1", "cannot drive reset/dcm_locked"),
}
"""What the replay finds at the call itself: text, what takes its place, words of the message."""

BROKEN = {
    "a stream left open": ("link dma1/M_AXIS_MM2S .*\n", "", ["dma1/M_AXIS_MM2S is connected 0 times"]),
    "a stream twice": ("m_axis_dma0_map ", "m_axis_dma0 ", ["offramp/m_axis_dma0 is connected 2 times"]),
    "registers left open": ("link registers/M02_AXI .*\n", "", ["dma0_map/S_AXI_LITE is connected 0 times"]),
    "a clock left open": (
        r" \\\n  dma1/m_axi_mm2s_aclk",
        "",
        ["clock dma1/m_axi_mm2s_aclk is driven 0 times"],
    ),
    "a reset left open": (r" \\\n  dma0_map/axi_resetn", "", ["reset dma0_map/axi_resetn is driven 0 times"]),
    "a clock twice": (r"(  registers/aclk)", r"\1 \\\n\1", ["clock registers/aclk is driven 2 times"]),
    "registers without an address": (
        r"assign_bd_address -offset 0x40020000 .*\n.*\n",
        "",
        ["dma0_map/S_AXI_LITE/Reg has no address in ps/Data"],
    ),
    "memory without an address": (
        r"assign_bd_address .*dma1/Data_S2MM.*\n",
        "",
        ["ps/S_AXI_HP0/HP0_DDR_LOWOCM has no address in dma1/Data_S2MM"],
    ),
    "addresses that overlap": (
        "0x40020000",
        "0x40010000",
        ["dma0/S_AXI_LITE/Reg and dma0_map/S_AXI_LITE/Reg overlap in ps/Data"],
    ),
    "an address between two": (
        "0x40030000",
        "0x40038000",
        ["dma1/S_AXI_LITE/Reg at 0x40038000 is not aligned"],
    ),
    "a port left open": (
        r"connect_bd_intf_net \[get_bd_intf_ports DDR\].*\n",
        "",
        ["port DDR is not connected"],
    ),
    "a design that was not validated": ("validate_bd_design\n", "", ["the design was not validated"]),
}
"""What the check of the whole design finds: pattern, what takes its place, beginnings of faults."""


def planted(plan: Path, file: str, pattern: str, text: str) -> None:
    before = (plan / file).read_text()
    after, count = re.subn(pattern, text, before, count=1)
    assert count == 1
    (plan / file).write_text(after)


@pytest.mark.parametrize("fault", FAULTS)
def test_the_interpreter_finds(tmp_path: Path, fault: str) -> None:
    plan, (file, pattern, text, words) = unpacked(tmp_path), FAULTS[fault]
    planted(plan, file, pattern, text)
    record = run("project.tcl", plan)
    assert record.code != 0
    assert words in record.output
    assert not (plan / DONE).exists()


@pytest.mark.parametrize("fault", REFUSED)
def test_the_replay_refuses(tmp_path: Path, fault: str) -> None:
    plan, (pattern, text, words) = unpacked(tmp_path), REFUSED[fault]
    planted(plan, "block_design.tcl", re.escape(pattern), text)
    with pytest.raises(Refused, match=words):
        diagram(recorded(plan, "project"), plan)


@pytest.mark.parametrize("fault", BROKEN)
def test_the_check_of_the_design_finds(tmp_path: Path, fault: str) -> None:
    plan, (pattern, text, words) = unpacked(tmp_path), BROKEN[fault]
    planted(plan, "block_design.tcl", pattern, text)
    found = faults(diagram(recorded(plan, "project"), plan))
    for beginning in words:
        assert [fault for fault in found if fault.startswith(beginning)], found


@pytest.mark.parametrize("board", toy.BOARDS)
def test_the_block_design_of_a_system_that_is_built(tmp_path: Path, board: str) -> None:
    on = toy.vivado_board(board)
    stages = accelerators(tmp_path / "stages")
    _, plan = plan_overlay(stages, on, clock_of(on, 100), tmp_path)
    plan.unpack(tmp_path / "plan")
    found = diagram(recorded(tmp_path / "plan", "project"), tmp_path / "plan")
    assert faults(found) == []
    assert {"offramp", "dma0", "dma0_map", "dma1"} <= found.cells.keys()
