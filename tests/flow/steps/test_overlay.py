"""Step bitstream with Vivado as its tools, and stand-ins of vivado and ssh: plans, builds, what is left."""

from __future__ import annotations

import tarfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.chip import toy
from tests.flow.test_engine import Record
from tests.implement.vivado import outputs
from tests.implement.vivado.stand_ins import StandIns
from toolkit.core.errors import BadOption, ClockMissed, HostFailed, OfframpError, ToolFailed, ToolMissing
from toolkit.flow import Options, RunDirectory, Step, execute
from toolkit.flow.engine import require
from toolkit.flow.step import Context
from toolkit.flow.steps import bitstream
from toolkit.implement import Bitstream, Implementation
from toolkit.implement.plan import ARCHIVE, BuildPlan
from toolkit.links.axi_dma.overlay import OverlayDescription
from toolkit.runtime.simulated import stages_digest

STEPS = ["project", "synthesis", "implementation", "reports", "bitstream"]
HOST = "me@there"


def empty(context: Context) -> Mapping[str, Any]:
    (context.out / "done").touch()
    return {}


def compose(context: Context) -> Mapping[str, Any]:
    for k, made in enumerate(toy.accelerators(context.out)):
        made.path.rename(context.out / f"stage{k}")
        made.save(context.out / f"stage{k}")
    return {}


FLOW = (
    *(Step(name, "", empty) for name in ("data", "calibrate", "verify")),
    Step("compose", "", compose),
    replace(bitstream.STEP, packages=(), code=False),
)


def run(folder: Path, **options: Any) -> dict[str, Any]:
    """The summary of the step."""
    asked = Options.of(**{"target": "pynq-z2", **options})
    asked.check()
    require(FLOW, asked)
    with RunDirectory.open(folder) as opened:
        *_, last = execute(opened, FLOW, asked, Record())
    return dict(last.manifest.summary)


def left(folder: Path) -> set[str]:
    return {file.name for file in (folder / "bitstream").iterdir()}


@pytest.mark.parametrize("board", ["pynq-z2", "zc706", "zcu104"])
def test_a_plan_runs_nothing(tmp_path: Path, stand_ins: StandIns, board: str) -> None:
    found = run(tmp_path / "run", target=board, plan=True)
    plan = BuildPlan.load(tmp_path / "run" / "bitstream")
    assert found == {"message": f"plan.tar ({plan.digest[:12]}): the plan, not run", "plan": plan.digest}
    assert left(tmp_path / "run") == {"manifest.json", "plan.json", ARCHIVE, "system"}
    assert stand_ins.calls("vivado") == []
    assert (plan.board, plan.clock_mhz) == (board, 100)
    assert Implementation.find(tmp_path / "run" / "bitstream") is None


@pytest.mark.parametrize("primitives", [False, True])
def test_dsp_primitives_are_asked_for_and_said(tmp_path: Path, stand_ins: StandIns, primitives: bool) -> None:
    found = run(tmp_path / "run", dsp_primitives=primitives)
    folder = tmp_path / "run" / "bitstream"
    with tarfile.open(folder / ARCHIVE) as archive:
        (script,) = (name for name in archive.getnames() if name.endswith("project.tcl"))
        text = archive.extractfile(script).read().decode()
    defines = "" if primitives else "FINN_SIMULATION"
    assert f"verilog_define [list {defines}]" in text
    assert ("its DSP primitives are not verified here" in found["message"]) is primitives
    assert Implementation.load(folder).dsp_primitives is primitives


def test_the_same_run_elsewhere_has_the_same_plan(tmp_path: Path, stand_ins: StandIns) -> None:
    archives = []
    for name in ("one", "other"):
        run(tmp_path / name, plan=True)
        archives.append((tmp_path / name / "bitstream" / ARCHIVE).read_bytes())
    assert archives[0] == archives[1]


def test_without_vivado_the_plan_says_what_to_do(
    tmp_path: Path,
    stand_ins: StandIns,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("OFFRAMP_VIVADO")
    found = run(tmp_path / "run")
    assert "the plan, not run: Vivado is missing; " in found["message"]
    assert "Mount or install Vivado and set FINN_XILINX_PATH and FINN_XILINX_VERSION" in found["message"]
    assert "--remote USER@HOST" in found["message"]
    assert ARCHIVE in left(tmp_path / "run")
    monkeypatch.setenv("OFFRAMP_VIVADO", stand_ins.vivado)
    assert run(tmp_path / "run")["provenance"] == "Vivado", "it runs again, now that there is one"


def test_a_vivado_that_is_named_wrongly_is_refused(
    tmp_path: Path,
    stand_ins: StandIns,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OFFRAMP_VIVADO", "none-such")
    with pytest.raises(ToolMissing, match="OFFRAMP_VIVADO='none-such', which is no program"):
        run(tmp_path / "run")


def test_a_plan_is_not_run_elsewhere_either(tmp_path: Path, stand_ins: StandIns) -> None:
    """A machine that was named before stays an option of the run."""
    assert "the plan, not run" in run(tmp_path / "run", plan=True, remote=HOST)["message"]
    assert stand_ins.calls("ssh") == []


@pytest.mark.parametrize("where", [{}, {"remote": HOST}])
def test_a_build(tmp_path: Path, stand_ins: StandIns, where: dict[str, str]) -> None:
    found = run(tmp_path / "run", **where)
    folder = tmp_path / "run" / "bitstream"
    assert found.pop("message") == (
        "pynq-z2.bit: 100 MHz (Vivado: 104.3); 12,345 LUT, 23,456 FF, 17 BRAM18, 31 DSP; "
        "its netlist was not simulated"
    )
    made = Implementation.load(folder)
    assert made.model_dump(mode="json", by_alias=True) == found
    assert (made.provenance, made.source, made.check, made.file) == (
        "Vivado",
        "Vivado 2024.2",
        None,
        "pynq-z2.bit",
    )
    assert made.power is not None
    assert made.power.total_w == 1.795
    assert [one.link_frames_per_s > 0 for one in made.exits] == [True, True]
    built = Bitstream.load(folder)
    assert (built.seed, built.compared, built.tools) == (None, None, {"vivado": "2024.2"})
    assert built.digests["plan"] == BuildPlan.load(folder).digest
    reports = {f"{name}.rpt" for name in ("utilization", "timing", "power")}
    logs = {f"{name}.log" for name in (*STEPS, "vivado")}
    assert {"pynq-z2.bit", "pynq-z2.hwh", "pynq-z2.json", *reports, *logs} <= left(tmp_path / "run")
    stages = toy.accelerators(tmp_path / "again")
    assert OverlayDescription.load(folder / "pynq-z2.json").digest == stages_digest(stages)
    assert not (tmp_path / "run" / ".scratch" / "bitstream").exists()
    assert stand_ins.steps == STEPS
    run(tmp_path / "run", **where)
    assert stand_ins.steps == STEPS, "it is up to date"


def test_another_vivado_builds_again(tmp_path: Path, stand_ins: StandIns) -> None:
    from toolkit.core import tools

    run(tmp_path / "run")
    stand_ins.set(version="2025.1")
    tools._output.cache_clear()
    run(tmp_path / "run")
    assert stand_ins.steps == STEPS * 2


@pytest.mark.parametrize(
    ("state", "where", "error"),
    [
        ({"wrong": {"implementation": {"code": 1, "says": outputs.CRASH}}}, {}, ToolFailed),
        ({"closes": "synthesis"}, {"remote": HOST}, HostFailed),
    ],
)
def test_the_next_call_goes_on(
    tmp_path: Path,
    stand_ins: StandIns,
    state: dict[str, Any],
    where: dict[str, str],
    error: type[OfframpError],
) -> None:
    stand_ins.set(**state)
    with pytest.raises(error):
        run(tmp_path / "run", **where)
    assert RunDirectory(tmp_path / "run").manifest("bitstream") is None
    assert (tmp_path / "run" / "bitstream.failed" / "vivado.log").is_file()
    stand_ins.set(wrong={}, closes="")
    assert run(tmp_path / "run", **where)["provenance"] == "Vivado"
    assert stand_ins.steps.count("project") == stand_ins.steps.count("synthesis") == 1


def test_a_missed_clock_is_an_error_and_a_lower_one_can_be_asked_for(
    tmp_path: Path,
    stand_ins: StandIns,
) -> None:
    leaves = {"results/timing.rpt": outputs.timing(setup=-0.412)}
    said = {"code": 1, "says": "ERROR: [Offramp timing] slack -0.412 ns, max delay"}
    stand_ins.set(wrong={"reports": {"leaves": leaves}, "bitstream": said})
    with pytest.raises(ClockMissed, match=r"--clock-mhz 95"):
        run(tmp_path / "run")
    stand_ins.set(wrong={"reports": {"leaves": {"results/timing.rpt": outputs.timing(mhz=95)}}})
    assert run(tmp_path / "run", clock_mhz=95.0)["clock_mhz"]["value"] == 95


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"target": "ulx3s-85f", "plan": True},
            "--plan; expected a target whose tools are vivado; found ulx3s-85f",
        ),
        (
            {"target": "ulx3s-85f", "dsp_primitives": True},
            "--dsp-primitives; expected a target whose tools are vivado; found ulx3s-85f",
        ),
        ({"target": "sim", "remote": HOST}, "--remote; expected a target whose tools are vivado; found sim"),
        ({"remote": "-oProxyCommand=id"}, "--remote; expected USER@HOST; found -oProxyCommand=id"),
        ({"clock_mhz": 33.0}, "--clock-mhz on pynq-z2; expected one of 25, 30"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_runs(
    tmp_path: Path,
    stand_ins: StandIns,
    options: dict[str, Any],
    words: str,
) -> None:
    with pytest.raises(BadOption, match=words):
        run(tmp_path / "run", **options)
    assert not (tmp_path / "run").exists()
