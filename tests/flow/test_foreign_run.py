"""A run directory that is damaged, or made to do harm: refused by name, and nothing outside it is touched."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.flow.manifests import CHECKPOINT, finish
from toolkit.cli import run as offramp
from toolkit.compile.segment import Node
from toolkit.compose import Accelerator
from toolkit.core.artifact import read_json, write_json
from toolkit.core.errors import ArtifactError, shortened
from toolkit.core.stream import Stream
from toolkit.data import DatasetInfo
from toolkit.exits import ExitPolicy
from toolkit.flow import Options, RunDirectory
from toolkit.flow.rundir import RunRecord

RTL = """\
module {name} (
    input wire ap_clk, input wire ap_rst_n,
    input wire [7:0] in0_V_tdata, input wire in0_V_tvalid, output wire in0_V_tready,
    output wire [15:0] out0_V_tdata, output wire out0_V_tvalid, input wire out0_V_tready
);
    reg [7:0] image [0:0];
    initial $readmemh("image.dat", image);
    assign out0_V_tdata = in0_V_tdata + image[0];
    assign out0_V_tvalid = in0_V_tvalid;
    assign in0_V_tready = out0_V_tready;
{more}
endmodule
"""
HARM = 'initial $system("touch {victim}/harm");'
COMMANDS = (["classify", "RUN", "IMAGE"], ["waveform", "RUN", "--file", "x.vcd", "--frames", "1"])
"""Commands that read a finished run and bring nothing up to date before."""


def accelerator(folder: Path, name: str, more: str = "") -> Accelerator:
    """One pixel in, one logit out: it computes nothing, but is read as any accelerator is."""
    pixels, logit = Stream("in0_V", 8, False, 1, 64, (8, 8, 1)), Stream("out0_V", 16, True, 1, 64)
    node = Node("n", "bias", "head0.n", name, pixels, logit, cycles=64)
    made = Accelerator(
        name=name,
        path=folder,
        segments=("trunk0", "head0"),
        nodes=(node,),
        depths=(),
        sources=(f"rtl/{name}.sv",),
        data=("data/image.dat",),
        input_scale=1.0,
        output_scale=1.0,
        digest="a" * 64,
    )
    for file, text in ((made.sources[0], RTL.format(name=name, more=more)), (made.data[0], "07\n")):
        (folder / file).parent.mkdir(parents=True)
        (folder / file).write_text(text)
    made.save(folder)
    return made


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run with one exit on the digits; ``victim/`` beside it belongs to somebody else."""
    run = tmp_path / "run"
    for name in ("data", "train", "calibrate"):
        (run / name).mkdir(parents=True)
    for name in ("exit0", "stage0"):
        accelerator(run / "compose" / name, name)
    DatasetInfo(
        name="digits", digest="d" * 64, classes=tuple(map(str, range(64))), shape=(1, 8, 8), images={}
    ).save(run / "data")
    policy = ExitPolicy(
        criterion="margin", thresholds=(), scales=(), classes=64, checkpoint=CHECKPOINT, model="b_lenet_se"
    )
    policy.save(run / "calibrate")
    RunRecord(options=Options()).save(run)
    (run / ".lock").touch()
    finish(run)
    victim = tmp_path / "victim"
    (victim / "train-1").mkdir(parents=True)
    (victim / "mine.txt").write_text("mine")
    monkeypatch.chdir(tmp_path)
    return run


def state(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file with its time of change, read or not, and its content."""
    return {
        str(file.relative_to(folder)): (file.stat().st_mtime_ns, file.read_bytes() if file.is_file() else b"")
        for file in sorted(folder.rglob("*"))
    }


def refused(run: Path, command: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Run a command that must be refused, without harm, and return what it says."""
    from PIL import Image

    image, victim = run.parent / "image.png", run.parent / "victim"
    Image.new("L", (8, 8)).save(image)
    before = state(victim)
    words = [{"RUN": str(run), "IMAGE": str(image)}.get(word, word) for word in command]
    assert offramp(words) == 2
    out, told = capsys.readouterr()
    assert out == ""
    assert told.startswith("offramp: ")
    assert state(victim) == before
    assert not (run.parent / "x.vcd").exists()
    return told


def append(file: str) -> Callable[[Path], None]:
    def change(run: Path) -> None:
        (run / file).write_text((run / file).read_text() + " ")

    return change


def truncate(file: str) -> Callable[[Path], None]:
    return lambda run: os.truncate(run / file, 10)


def swap(run: Path) -> None:
    """Swap the RTL of two exits, as a careless copy does."""
    one, two = run / "compose/exit0/data/image.dat", run / "compose/stage0/data/image.dat"
    one.write_text("08\n")
    two.write_text("09\n")
    finish(run)
    one.write_text("09\n")
    two.write_text("08\n")


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "changed RTL": (append("compose/stage0/rtl/stage0.sv"), r"compose is damaged.*stage0.sv was changed"),
    "changed image": (append("compose/exit0/data/image.dat"), r"compose is damaged.*image.dat was changed"),
    "cut RTL": (truncate("compose/exit0/rtl/exit0.sv"), r"compose is damaged.*exit0.sv was changed"),
    "swapped": (swap, r"compose is damaged; .*found exit0/data/image.dat was changed"),
    "missing": (lambda run: (run / "compose/stage0/data/image.dat").unlink(), r"image.dat is missing"),
    "added": (lambda run: (run / "compose/stage0/rtl/more.sv").touch(), r"stage0/rtl/more.sv was added"),
    "huge": (lambda run: _sparse(run / "compose/huge.dat"), r"huge.dat was added"),
    "another step": (
        lambda run: (shutil.rmtree(run / "compose"), shutil.copytree(run / "data", run / "compose")),
        r"compose is damaged.*found the files of data",
    ),
    "no manifest": (
        lambda run: (run / "compose/manifest.json").unlink(),
        r"a finished step compose; found none",
    ),
    "cut manifest": (truncate("compose/manifest.json"), r"manifest.json cannot be read"),
}


def _sparse(file: Path) -> None:
    file.touch()
    os.truncate(file, 1 << 42)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_named(
    run: Path, command: list[str], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    damage, words = DAMAGE[name]
    damage(run)
    assert re.search(words, told := refused(run, command, capsys)), told


@pytest.mark.parametrize("file", ["calibrate/policy.json", "data/dataset.json"])
def test_classify_checks_whatever_it_reads(run: Path, file: str, capsys: pytest.CaptureFixture[str]) -> None:
    append(file)(run)
    assert f"{file.partition('/')[2]} was changed" in refused(run, COMMANDS[0], capsys)


def test_a_design_for_other_images_is_refused(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("toolkit.flow.waveform.build", lambda design, trace: None)
    told = refused(run, COMMANDS[1], capsys)
    assert told == "offramp: frames for stream in0_V; expected 64 x UINT8, 1 per beat; found 784 integers\n"


@pytest.mark.parametrize("image", ["missing.png", "n" * 300 + ".png"], ids=["missing", "too long"])
def test_an_image_that_is_not_there_is_named(
    run: Path, image: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told = refused(run, ["classify", "RUN", image], capsys)
    what = shortened(f"image file {image}")
    assert told == f"offramp: {what}; expected a file; found none there\n"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_code_in_the_rtl_does_not_run_though_the_manifest_is_forged(
    run: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    name = "stage0" if command[0] == "classify" else "exit0"
    harm = HARM.format(victim=run.parent / "victim")
    shutil.rmtree(run / "compose" / name)
    accelerator(run / "compose" / name, name, harm)
    finish(run)
    told = refused(run, command, capsys)
    assert f"rtl/{name}.sv, line " in told
    assert "expected a system task that is allowed; found $system" in told


NAMES = {
    "sources": (
        "../../../victim/mine.sv",
        "/etc/passwd",
        "rtl/x.sv; exec touch x",
        "-x.sv",
        "n" * 300 + ".sv",
        "rtl/../x.sv",
        "",
    ),
    "data": ("../../../victim/mine.txt", "/etc/passwd", "data/x y"),
}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *((key, [value]) for key, values in NAMES.items() for value in values),
        ("name", 'x"); system("id'),
        ("name", "../x"),
    ],
)
def test_a_name_cannot_lead_out_of_the_run(
    run: Path, key: str, value: object, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("exit0", "stage0"):
        file = run / "compose" / name / Accelerator.FILE
        write_json(file, {**read_json(file), key: value})
    finish(run)
    for command in COMMANDS:
        assert f"accelerator.json: {key}" in refused(run, command, capsys)


READERS = (*COMMANDS, ["verify", "RUN"], ["report", "RUN"], ["config", "RUN"], ["build", "--out", "RUN"])


@pytest.mark.parametrize("command", READERS, ids=lambda command: command[0])
@pytest.mark.parametrize(
    "link",
    [".lock", ".lock.holder", ".scratch", "run.json", "compose", "train/best.ckpt", "compose/exit0/rtl"],
)
def test_a_link_out_of_the_run_is_refused(
    run: Path, command: list[str], link: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = run / link
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    aim = run.parent / "victim"
    path.symlink_to(aim if link in (".scratch", "compose", "compose/exit0/rtl") else aim / "mine.txt")
    told = refused(run, command, capsys)
    assert f"{path}; expected a file or folder of the run; found a link that leads out of it" in told


def test_what_else_a_run_cannot_hold(run: Path) -> None:
    directory = RunDirectory(run)
    (run / "fine").symlink_to("run.json")
    (run / "gone").symlink_to("nothing")
    directory.require_own()
    (run / "endless").symlink_to("endless")
    with pytest.raises(ArtifactError, match=r"endless; .*found a link"):
        directory.require_own()
    (run / "endless").unlink()
    os.mkfifo(run / "pipe")
    with pytest.raises(ArtifactError, match=r"pipe; .*found something else"):
        directory.require_own()
