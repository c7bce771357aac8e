"""Plans are values: the same bytes for the same design, their Tcl as the golden files have it."""

from __future__ import annotations

import difflib
import hashlib
import io
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.implement.vivado import toy
from toolkit.boards import board
from toolkit.core.errors import BadOption, ForeignCode
from toolkit.core.reading import read_members
from toolkit.implement.plan import ARCHIVE, SCRIPT, BuildPlan
from toolkit.implement.vivado.plan import plan_build
from toolkit.links.axi_dma.block_design import block_design


@pytest.mark.parametrize("name", toy.BOARDS)
def test_scripts_are_the_golden_ones(tmp_path: Path, name: str) -> None:
    files = toy.plan(tmp_path, name).files
    made = {file: files[file].decode() for file in files if file.endswith((".tcl", ".sh"))}
    golden = {file.name: file.read_text() for file in (toy.GOLDEN / name).iterdir()}
    lines = [
        line
        for file in sorted({*made, *golden})
        for line in difflib.unified_diff(
            golden.get(file, "").splitlines(),
            made.get(file, "").splitlines(),
            f"golden/{file}",
            file,
            lineterm="",
        )
    ]
    assert not lines, "\n".join([*lines, "write them again: python -m tests.implement.vivado.toy"])


def test_no_tcl_has_a_fault_of_style_or_syntax() -> None:
    lint = Path(sys.executable).with_name("tclint")
    config = Path(toy.__file__).with_name("tclint.toml")
    done = subprocess.run([lint, "-c", config, toy.GOLDEN], capture_output=True, text=True, check=False)
    assert (done.stdout + done.stderr, done.returncode) == ("", 0)


def test_the_script_passes_shellcheck() -> None:
    check = Path(sys.executable).with_name("shellcheck")
    for script in toy.GOLDEN.glob(f"*/{SCRIPT}"):
        done = subprocess.run([check, script], capture_output=True, text=True, check=False)
        assert (done.stdout + done.stderr, done.returncode) == ("", 0)


def test_a_plan_is_the_same_bytes_anywhere(tmp_path: Path) -> None:
    one, other = toy.plan(tmp_path / "one"), toy.plan(tmp_path / "other" / "folder")
    assert one.archive() == other.archive()
    assert one.description == other.description
    assert str(tmp_path).encode() not in one.archive()
    for changed in (
        toy.plan(tmp_path / "b", "zc706"),
        toy.plan(tmp_path / "c", mhz=125),
        toy.plan(tmp_path / "d", stages=1),
    ):
        assert changed.description.digest != one.description.digest


def test_the_archive_has_every_file_and_its_digest(tmp_path: Path) -> None:
    plan = toy.plan(tmp_path / "design")
    plan.save(tmp_path)
    assert BuildPlan.load(tmp_path) == plan.description
    with tarfile.open(tmp_path / ARCHIVE) as archive:
        members = archive.getmembers()
    assert {(one.uid, one.gid, one.mtime, one.uname, one.mode) for one in members} == {(0, 0, 0, "", 0o644)}
    names = [one.name for one in members if one.name != BuildPlan.FILE]
    contents = read_members(tmp_path / ARCHIVE, names, "plan")
    digests = {
        name: hashlib.sha256(content).hexdigest() for name, content in zip(names, contents, strict=True)
    }
    assert digests == plan.description.files
    assert {"rtl/offramp_top.v", "data/weights.dat", "project.tcl", SCRIPT} <= digests.keys()


def test_the_archive_says_what_it_is(tmp_path: Path) -> None:
    content = toy.plan(tmp_path).archive()
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    found = BuildPlan.load(tmp_path / "unpacked")
    assert (found.board, found.part, found.clock_mhz) == ("pynq-z2", "xc7z020clg400-1", 100)
    assert [step.name for step in found.steps] == [
        "project",
        "synthesis",
        "implementation",
        "reports",
        "bitstream",
    ]
    for step in found.steps:
        assert step.arguments[-1] in found.files


def test_the_clock_is_asked_of_the_wizard(tmp_path: Path) -> None:
    assert b"CLKOUT1_REQUESTED_OUT_FREQ {125}" in toy.plan(tmp_path, mhz=125).files["block_design.tcl"]


def test_other_tools_have_no_plan(tmp_path: Path) -> None:
    design = toy.design(tmp_path, 1)
    blocks = block_design(design.top, toy.overlay(1))
    with pytest.raises(BadOption, match="tools of ulx3s-85f; expected vivado; found open"):
        plan_build(design, blocks, board("ulx3s-85f"), 60)


def test_more_streams_than_ports_are_refused(tmp_path: Path) -> None:
    toy.plan(tmp_path / "five", stages=5)
    with pytest.raises(BadOption, match="number of streams; expected at most 16; found 17"):
        toy.plan(tmp_path / "six", stages=6)


def test_rtl_that_reaches_outside_is_refused(tmp_path: Path) -> None:
    design = toy.design(tmp_path, 1)
    (tmp_path / "blocks" / "stage.sv").write_text('module stage; initial $system("id"); endmodule\n')
    with pytest.raises(ForeignCode):
        plan_build(design, block_design(design.top, toy.overlay(1)), toy.vivado_board("pynq-z2"), 100)
