"""Plans run by stand-ins of vivado and ssh: what is run, what comes back, what is said when it fails."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.implement.vivado import outputs, toy
from tests.implement.vivado.stand_ins import StandIns
from toolkit.core.errors import (
    ArtifactError,
    BadOption,
    ClockMissed,
    DoesNotFit,
    HostFailed,
    LicenceMissing,
    OfframpError,
    ToolFailed,
    ToolMissing,
    UnsupportedPart,
    UnsupportedVersion,
)
from toolkit.families.vivado import vivado
from toolkit.implement.machine import Here, Machine, There
from toolkit.implement.vivado.build import VivadoResults, run_plan
from toolkit.implement.vivado.failures import missed
from toolkit.implement.vivado.reports import read_timing

STEPS = ["project", "synthesis", "implementation", "reports", "bitstream"]
HOST = "me@there"


def built(folder: Path, machine: Machine, board: str = "pynq-z2") -> VivadoResults:
    (folder / "work").mkdir(exist_ok=True)
    return run_plan(toy.plan(folder / "design", board), machine, folder / "work")


def machine(kind: str) -> Machine:
    return Here(vivado()) if kind == "here" else There.named(HOST)


@pytest.mark.parametrize("kind", ["here", "there"])
def test_a_build(tmp_path: Path, stand_ins: StandIns, kind: str) -> None:
    found = built(tmp_path, machine(kind))
    assert stand_ins.steps == STEPS
    for step, call in zip(
        STEPS, [call for call in stand_ins.calls("vivado") if "-source" in call], strict=True
    ):
        assert call[1:] == ["-mode", "batch", "-nojournal", "-nolog", "-notrace", "-source", f"{step}.tcl"]
    assert found.bitstream.read_text() == "bits\n"
    assert found.handoff.read_text() == "<hardware/>\n"
    assert found.timing.slack.setup == 0.412
    assert found.timing.routed.use["LUT"].used == 12_345
    assert found.power.total_w == 1.795
    assert all(file.is_file() for file in found.reports)


def test_progress_is_in_steps(tmp_path: Path, stand_ins: StandIns) -> None:
    seen = []
    (tmp_path / "work").mkdir()
    plan = toy.plan(tmp_path / "design")
    run_plan(
        plan, Here(vivado()), tmp_path / "work", lambda label, done, total: seen.append((label, done, total))
    )
    assert seen == [("vivado", done, 5) for done in range(6)]


FAILURES: dict[str, tuple[str, dict[str, Any], type[OfframpError], str]] = {
    "licence": (
        "synthesis",
        {"code": 1, "says": outputs.LICENCE},
        LicenceMissing,
        "xc7z020clg400-1.*Common 17-345",
    ),
    "part": (
        "project",
        {"code": 1, "says": outputs.NO_PART},
        UnsupportedPart,
        "a Vivado with xc7z020clg400-1",
    ),
    "too large": (
        "implementation",
        {"code": 1, "says": outputs.TOO_LARGE},
        DoesNotFit,
        "does not fit.*280 compatible",
    ),
    "crash": (
        "synthesis",
        {"code": 139, "says": outputs.CRASH},
        ToolFailed,
        r"step synthesis .*Abnormal program .*\(11\)",
    ),
    "signal": (
        "implementation",
        {"signal": True},
        ToolFailed,
        "step implementation of Vivado.*exit code 139",
    ),
    "unknown": (
        "reports",
        {"code": 1, "says": "ERROR: [Odd 1-1] odd"},
        ToolFailed,
        r"step reports.*\[Odd 1-1\] odd",
    ),
    "no mark": (
        "bitstream",
        {"code": 3, "says": "no words of trouble"},
        ToolFailed,
        "exit code 3: no words of trouble",
    ),
    "version": (
        "project",
        {"code": 1, "says": "ERROR: [Offramp version] Vivado 2020.2, and 2022.1 or newer is needed"},
        UnsupportedVersion,
        "too old; expected >= 2022.1",
    ),
}
"""Step, what goes wrong there, error, words."""


@pytest.mark.parametrize("kind", ["here", "there"])
@pytest.mark.parametrize("case", FAILURES)
def test_failures_are_typed(tmp_path: Path, stand_ins: StandIns, case: str, kind: str) -> None:
    step, wrong, error, words = FAILURES[case]
    stand_ins.set(wrong={step: wrong})
    with pytest.raises(error, match=words) as caught:
        built(tmp_path, machine(kind))
    assert "\n" not in str(caught.value)
    assert stand_ins.steps == STEPS[: STEPS.index(step) + 1]


@pytest.mark.parametrize("kind", ["here", "there"])
def test_a_missed_clock_shows_slack_and_path(tmp_path: Path, stand_ins: StandIns, kind: str) -> None:
    leaves = {"results/timing.rpt": outputs.timing(setup=-0.412)}
    said = "ERROR: [Offramp timing] slack -0.412 ns, max delay"
    stand_ins.set(wrong={"reports": {"leaves": leaves}, "bitstream": {"code": 1, "says": said}})
    words = (
        r"expected 100 MHz; found setup slack -0.412 ns; 96.0 MHz. Ask for 95 MHz \(--clock-mhz 95\), or "
        r"fold less. The slowest path is from .*/sum_reg\[3\]/C to .*out_reg\[7\]/D: 3.8 ns logic, 5.5 ns"
    )
    with pytest.raises(ClockMissed, match=words):
        built(tmp_path, machine(kind))


@pytest.mark.parametrize(
    ("mhz", "slack", "advice"),
    [(250.0, -0.05, "Ask for 240 MHz"), (100.0, -0.6, "Ask for 90 MHz"), (25.0, -1.0, r"MHz\. Fold less\.")],
)
def test_the_clock_to_ask_for_is_one_that_is_offered(
    tmp_path: Path, mhz: float, slack: float, advice: str
) -> None:
    (tmp_path / "timing.rpt").write_text(outputs.timing(setup=slack, mhz=mhz))
    description = toy.plan(tmp_path / "design", mhz=mhz).description
    assert re.search(advice, str(missed(description, read_timing(tmp_path / "timing.rpt", mhz, {}))))


def test_a_missed_hold_time_is_refused_too(tmp_path: Path, stand_ins: StandIns) -> None:
    stand_ins.set(wrong={"reports": {"leaves": {"results/timing.rpt": outputs.timing(hold=-0.05)}}})
    with pytest.raises(ClockMissed, match=r"found hold slack -0.050 ns; 104.3 MHz. The slowest path"):
        built(tmp_path, machine("here"))


@pytest.mark.parametrize("kind", ["here", "there"])
def test_a_build_goes_on_behind_the_last_finished_step(
    tmp_path: Path, stand_ins: StandIns, kind: str
) -> None:
    stand_ins.set(wrong={"implementation": {"code": 1, "says": outputs.CRASH}})
    with pytest.raises(ToolFailed):
        built(tmp_path, machine(kind))
    stand_ins.set(wrong={})
    before = len(stand_ins.steps)
    assert built(tmp_path, machine(kind)).power.total_w == 1.795
    assert stand_ins.steps[before:] == ["implementation", "reports", "bitstream"]


def test_another_design_starts_from_the_beginning(tmp_path: Path, stand_ins: StandIns) -> None:
    built(tmp_path, machine("there"), "pynq-z2")
    built(tmp_path, machine("there"), "zc706")
    assert stand_ins.steps == STEPS * 2


@pytest.mark.parametrize("closes", ["project", "synthesis", "reports"])
def test_a_host_that_closes_in_the_middle(tmp_path: Path, stand_ins: StandIns, closes: str) -> None:
    stand_ins.set(closes=closes)
    words = f"connection to {HOST}; .*Broken pipe. Run the same command again: .*behind step {closes}"
    with pytest.raises(HostFailed, match=words):
        built(tmp_path, machine("there"))
    before = STEPS.index(closes) + 1
    assert stand_ins.steps[:before] == STEPS[:before]
    stand_ins.set(closes="")
    begun = len(stand_ins.steps)
    assert built(tmp_path, machine("there")).bitstream.read_text() == "bits\n"
    assert stand_ins.steps[begun:] == STEPS[begun:], "steps that had begun by then are not run twice"


def test_a_host_that_does_not_answer(tmp_path: Path, stand_ins: StandIns) -> None:
    with pytest.raises(HostFailed, match=r"connection to me@nowhere; .*Could not resolve hostname"):
        built(tmp_path, There.named("me@nowhere"))
    assert stand_ins.steps == []


def test_ssh_asks_for_no_password_and_notices_a_dead_connection(tmp_path: Path, stand_ins: StandIns) -> None:
    built(tmp_path, machine("there"))
    calls = stand_ins.calls("ssh")
    assert len(calls) == 3
    for call in calls:
        assert call[1:7] == ["-o", "BatchMode=yes", "-o", "ServerAliveInterval=30", "-T", HOST]


def test_a_host_without_vivado(tmp_path: Path, stand_ins: StandIns) -> None:
    stand_ins.set(remote="no-such-vivado")
    with pytest.raises(ToolMissing, match=r"no no-such-vivado on PATH of .*FINN_XILINX_PATH"):
        built(tmp_path, machine("there"))


@pytest.mark.parametrize("name", ["", "-oProxyCommand=id", "me@-x", "me@there;id", "a b", "me@@there"])
def test_names_that_are_no_host(stand_ins: StandIns, name: str) -> None:
    with pytest.raises(BadOption, match="--remote; expected USER@HOST"):
        There.named(name)


def test_a_damaged_answer_of_a_host(tmp_path: Path, stand_ins: StandIns) -> None:
    stand_ins.set(leaves={**stand_ins.state["leaves"], "project": {"results/-odd": "x"}})
    with pytest.raises(ArtifactError, match=r"results of me@there cannot be read.*a member results/-odd"):
        built(tmp_path, machine("there"))


def test_a_missing_report_is_named(tmp_path: Path, stand_ins: StandIns) -> None:
    stand_ins.set(leaves={"bitstream": stand_ins.state["leaves"]["bitstream"]})
    with pytest.raises(ArtifactError, match=r"utilisation report .*utilization.rpt is missing"):
        built(tmp_path, machine("here"))


def test_a_missing_bitstream_is_named(tmp_path: Path, stand_ins: StandIns) -> None:
    stand_ins.set(leaves={"reports": stand_ins.state["leaves"]["reports"]})
    with pytest.raises(ToolFailed, match=r"expected results/overlay.bit; found no such file"):
        built(tmp_path, machine("here"))
