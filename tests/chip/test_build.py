"""The system's files: the top module's text, what is refused, lint, and saving."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.chip import toy
from tests.chip.toy import build
from tests.compile import rtl_library
from tests.rtl import accept
from toolkit.boards import board
from toolkit.chip.build import build_system
from toolkit.chip.system import System
from toolkit.compile.rtllib import copy_library
from toolkit.compose import Accelerator
from toolkit.core.errors import ArtifactError, BadOption
from toolkit.families.ecp5.simulation import PLL
from toolkit.implement.clocks import clock_of

Stages = list[Accelerator]


@pytest.fixture
def stages(tmp_path: Path) -> Stages:
    return toy.accelerators(tmp_path)


@pytest.fixture
def system(stages: Stages, tmp_path: Path) -> System:
    return build(stages, tmp_path / "system")


def test_text_of_the_top_module(system: System) -> None:
    """See :mod:`tests.chip.toy` for the command that writes it again."""
    assert (system.path / "rtl" / "offramp_top.sv").read_text() == toy.GOLDEN.read_text()


def test_everything_is_in_the_folder(system: System, stages: Stages) -> None:
    for name in (*system.sources, *system.data):
        assert (system.path / name).is_file(), name
    assert system.sources[-1] == "rtl/offramp_top.sv"
    assert set(system.data) == {"data/toy_stage0.dat", "data/toy_stage1.dat"}
    assert system.parameters == {
        "CLOCKS_PER_BIT": 20,  # 60 MHz at 3 Mbaud
        "IDLE_CYCLES": 3_000_000,  # 50 ms
        "WATCHDOG_CYCLES": 256,  # 16 times two layers of 8 cycles
    }
    assert (system.board, system.clock_mhz) == ("ulx3s-85f", 60.0)
    assert f"256'h{system.design_digest}" in toy.GOLDEN.read_text()


def test_digests(system: System, stages: Stages, tmp_path: Path) -> None:
    """The same stages give the same digest anywhere; another image, clock or board another one."""
    assert build(stages, tmp_path / "again").digest == system.digest
    other = build(stages, tmp_path / "orangecrab", "orangecrab-85f")
    assert other.design_digest == system.design_digest
    (stages[0].path / stages[0].data[0]).write_text("01\n")
    changed = build(stages, tmp_path / "changed")
    assert len({system.digest, other.digest, changed.digest}) == 3


def test_saved_and_moved(system: System, tmp_path: Path) -> None:
    assert System.load(system.path) == system
    moved = Path(shutil.move(system.path, tmp_path / "elsewhere"))
    assert System.load(moved) == system.model_copy(update={"path": moved})


@pytest.mark.parametrize("schema", [None, 0, 2])
def test_a_description_of_another_schema(system: System, schema: int | None) -> None:
    file = system.path / "system.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "schema": schema}))
    with pytest.raises(ArtifactError, match=r"system\.json was written by another version .* schema 1"):
        System.load(system.path)


def test_a_folder_without_a_description(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"system\.json"):
        System.load(tmp_path)


def wider_map(stages: Stages) -> Stages:
    first, last = stages
    node = replace(last.nodes[0], input=replace(last.nodes[0].input, element_bits=5))
    return [first, last.model_copy(update={"nodes": (node, *last.nodes[1:])})]


def shorter_map(stages: Stages) -> Stages:
    first, last = stages
    node = replace(last.nodes[0], input=replace(last.nodes[0].input, beats=7, shape=()))
    return [first, last.model_copy(update={"nodes": (node, *last.nodes[1:])})]


def long_image(stages: Stages) -> Stages:
    first, last = stages
    node = replace(first.nodes[0], input=replace(first.nodes[0].input, beats=1 << 15, shape=()))
    return [first.model_copy(update={"nodes": (node, *first.nodes[1:])}), last]


def other_compilation(stages: Stages) -> Stages:
    (stages[1].path / "blocks" / "dwc_axi.sv").write_text("module dwc_axi; endmodule\n")
    return stages


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda stages: [], ArtifactError, "a system needs stage accelerators; found none"),
        (
            lambda stages: stages[:1],
            ArtifactError,
            "toy_stage0; expected none; found 8 x UINT4",
        ),
        (lambda stages: stages[1:] * 2, ArtifactError, "feature map of toy_stage1; expected 8 x UINT4"),
        (lambda stages: stages[::-1], ArtifactError, "feature map of toy_stage1; expected 8 x UINT8"),
        (wider_map, ArtifactError, "feature map of toy_stage0; expected .*UINT5.* found .*UINT4"),
        (shorter_map, ArtifactError, "feature map of toy_stage0; expected .*Take all stages from one run"),
        (long_image, BadOption, "bytes of an image; expected below 65536; found 65536"),
        (other_compilation, ArtifactError, r"dwc_axi\.sv of toy_stage1; expected the same file"),
    ],
)
def test_stages_that_do_not_fit(
    stages: Stages, tmp_path: Path, change: Callable[[Stages], Stages], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        build(change(stages), tmp_path / "system")
    assert not (tmp_path / "system" / "system.json").exists()


@pytest.mark.parametrize("slots", [0, 257])
def test_slots_out_of_range(stages: Stages, tmp_path: Path, slots: int) -> None:
    with pytest.raises(BadOption, match=f"slots for feature maps; expected 1 to 256; found {slots}"):
        build(stages, tmp_path / "system", slots=slots)


def test_a_board_that_nothing_is_built_for(stages: Stages, tmp_path: Path) -> None:
    bare = board("ulx3s-85f").model_copy(update={"open_table": None})
    with pytest.raises(
        BadOption, match=r"board ulx3s-85f; expected a target: .*orangecrab-85f, pynq-z2, .*ulx3s-85f"
    ):
        build_system(stages, bare, clock_of(board("ulx3s-85f"), 60), tmp_path / "system")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ulx3s-85f", "assign led = status;"),
        ("ecp5-evn", "assign led = ~status;"),
        ("icepi-zero", "assign led = {status[7], status[3:0]};"),
        ("colorlight-i5", "assign led = ~status[7];"),
        ("ecpix5-85f", "assign rgb = ~{status[7], |status[5:4], status[6]};"),
        ("ecpix5-85f", "assign high = '1;"),
    ],
)
def test_the_state_on_a_boards_lights(stages: Stages, tmp_path: Path, name: str, text: str) -> None:
    system = build(stages, tmp_path / "system", name)
    assert text in (system.path / system.sources[-1]).read_text()


def test_without_a_pll_the_oscillator_is_the_clock(stages: Stages, tmp_path: Path) -> None:
    crab = board("orangecrab-85f")
    pin = crab.table.clock.model_copy(update={"pll": False})
    bare = crab.model_copy(update={"open_table": crab.table.model_copy(update={"clock": pin})})
    system = build_system(stages, bare, clock_of(bare, 48), tmp_path / "system", slots=8)
    text = (system.path / system.sources[-1]).read_text()
    assert "assign clk_sys = clk;" in text
    assert "EHXPLLL" not in text
    assert system.parameters["CLOCKS_PER_BIT"] == 16


@pytest.mark.parametrize("slots", [1, 32])
@pytest.mark.parametrize(
    "name", ["ulx3s-85f", "orangecrab-85f", "icepi-zero", "colorlight-i5", "ecpix5-85f", "ecp5-evn"]
)
def test_lint_of_everything(stages: Stages, tmp_path: Path, name: str, slots: int) -> None:
    system = build(stages, tmp_path / "system", name, slots)
    (vpc,) = copy_library(tmp_path / "lib", rtl_library.width(1, 1).files[:1])  # comes with real segments
    sources = [PLL, vpc, *(system.path / source for source in system.sources)]
    # The outputs of the phase-locked loop that nobody needs are left open by name.
    said = accept.verilator(system.top, sources, forgive=["PINCONNECTEMPTY"])
    # Nor what pads a beat to bytes, nor the start of a stage that takes images; all else is used.
    padding = ["'toy_stage0_wide_data'[7:4]", "'in0_V_tdata'[11:8]", "'in0_V_tdata'[7:4]"]
    left = [
        line.partition("Bits of signal are not used: ")[2] or line for line in said if str(vpc) not in line
    ]
    assert left == ["'map_start'[0]", *padding]
