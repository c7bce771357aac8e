"""A package on a board: its own archive runs, in a Python that has numpy and pyserial alone."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.package.toy_package import golden, packed
from tests.runtime import toy
from tests.runtime.fake_board import FakeBoard, noise
from toolkit.cli import run
from toolkit.cli.classify import classify
from toolkit.core.errors import ArtifactError, BadOption
from toolkit.cost.rows import load_rows
from toolkit.package.offramp_board import BoardError, open_package
from toolkit.package.offramp_board.__main__ import main
from toolkit.package.offramp_board.board import Board
from toolkit.package.offramp_board.selftest import Differs, measurements, selftest
from toolkit.package.offramp_board.serial_link import SerialLink
from toolkit.runtime import DeviceError

BARE = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        known = {*sys.stdlib_module_names, "numpy", "serial", "offramp_board", "__main__"}
        if name.split(".")[0] not in known:
            raise ImportError(name + " is not on the board")

sys.meta_path.insert(0, Refuse())
sys.argv = sys.argv[1:]
import runpy
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return packed(tmp_path).archive


@pytest.fixture
def board(archive: Path, tmp_path: Path) -> Iterator[FakeBoard]:
    with FakeBoard(tmp_path, digest=open_package(archive).digest) as board:
        yield board


def on_the_board(archive: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the archive as a user does, where nothing else is installed."""
    command = [sys.executable, "-c", BARE, str(archive), *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=archive.parent, check=False)


def test_the_archive_tests_the_board(archive: Path, board: FakeBoard) -> None:
    done = on_the_board(archive, "selftest", "--device", f"serial:{board.port}")
    assert done.returncode == 0, done.stderr
    first, latency, cycles, power = done.stdout.splitlines()
    exits = open_package(archive).examples()[1]
    late = int((np.sort(exits[0])[:, -1] - np.sort(exits[0])[:, -2] < 16).sum())
    assert first == (
        f"PASS: 32 frames (32 examples), all answers as golden; {32 - late} at exit 0, {late} at exit 1"
    )
    assert 0 < late < 32
    assert latency.startswith("latency seen by this program: ")
    assert cycles.startswith("cycles in the stages: ")
    assert power == "power: not measured"
    assert board.seen[2] == 32, "an image each"
    assert board.seen[3] == late


def test_it_classifies_arrays(archive: Path, board: FakeBoard) -> None:
    np.save(archive.parent / "mine.npy", images := toy.images(3, seed=5))
    done = on_the_board(archive, "classify", "mine.npy", "--device", f"serial:{board.port}")
    assert done.returncode == 0, done.stderr
    labels = [line.split(": ")[1].split(",")[0] for line in done.stdout.splitlines()]
    names = ("ant", "bee", "cat")
    assert all(
        label in {names[k] for k in golden(images)[:, i].argmax(axis=1)} for i, label in enumerate(labels)
    )
    assert len(labels) == 3


def test_about_and_extract_need_no_board(archive: Path) -> None:
    about = on_the_board(archive, "about")
    assert about.stdout.startswith("toy on made-up for ulx3s-85f, design ")
    assert "load it: load ulx3s-85f.bit" in about.stdout
    assert on_the_board(archive, "extract").returncode == 0
    assert (archive.parent / "ulx3s-85f.bit").read_bytes() == b"bits"


def test_a_wrong_answer_fails(archive: Path, board: FakeBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_package(archive).board(f"serial:{board.port}") as opened:
        answered = opened.link.run

        def wrong(stage: int, frame: object) -> tuple[np.ndarray, object, int | None]:
            logits, maps, cycles = answered(stage, frame)
            return logits + (stage == 1) * np.eye(3, dtype=np.int64)[2], maps, cycles

        monkeypatch.setattr(opened.link, "run", wrong)
        with pytest.raises(Differs, match=r"example \d+: expected Wanted\(exit=1"):
            selftest(opened)


def test_another_design_is_refused(archive: Path, tmp_path: Path) -> None:
    (other := tmp_path / "other").mkdir()
    with FakeBoard(other) as board:
        done = on_the_board(archive, "selftest", "--device", f"serial:{board.port}")
    assert done.returncode == 2
    assert "design on the board: expected " in done.stderr
    assert "found d0d0d0d0d0d0. Load the bitstream of this package" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("selftest",), "device: expected serial:PORT, found none"),
        (("selftest", "--device", "pynq:"), "device: expected serial:PORT, found pynq:"),
        (("selftest", "--device", "serial:/nowhere"), "serial port /nowhere"),
        (("classify", "--device", "serial:x"), "classify: expected .npy files"),
        (("selftest", "--device", "serial:x", "--measurements", "no/where"), "no/where"),
    ],
)
def test_bad_input_is_one_line(archive: Path, arguments: tuple[str, ...], words: str) -> None:
    done = on_the_board(archive, *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("offramp_board: ")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_images_of_another_form_are_refused(
    archive: Path, board: FakeBoard, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(archive.parent / "odd.npy", np.zeros((1, 2, 2), np.float32))
    (archive.parent / "none.npy").write_bytes(b"text")
    for file, words in (("odd.npy", "found float32 [1, 1, 2, 2]"), ("none.npy", "expected an .npy file")):
        given = ["classify", str(archive.parent / file), "--device", f"serial:{board.port}"]
        assert main([*given, "--package", str(archive)]) == 2
        assert words in capsys.readouterr().err


def test_a_bad_line_costs_time_only(archive: Path, board: FakeBoard) -> None:
    package = open_package(archive)
    board.damage_in, board.damage_out = noise(0.002, 1), noise(0.002, 2)
    with Board(package, SerialLink(package, board.port, silence_s=0.1)) as opened:
        assert len(selftest(opened).answers) == 32
    assert sum(board.seen.values()) > 2 + 32 or sum(board.refused.values())


def test_a_silent_board_is_named(archive: Path, board: FakeBoard) -> None:
    board.silent = True
    package = open_package(archive)
    with pytest.raises(BoardError, match=r"INFO to the board at .*: no answer\. Is the bitstream"):
        SerialLink(package, board.port, silence_s=0.01)


def test_measured_power_becomes_a_row_of_the_energy_model(
    archive: Path, board: FakeBoard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package, level = open_package(archive), iter(np.linspace(1.50, 1.52, 10**6))
    with package.board(f"serial:{board.port}") as opened:
        with pytest.raises(BoardError, match="power was not measured"):
            measurements(package, selftest(opened))
        busy = opened.link.run
        state = {"frames": 0}

        def run(stage: int, frame: object) -> tuple[np.ndarray, object, int | None]:
            state["frames"] += 1
            return busy(stage, frame)

        def watts() -> float:
            seen, state["frames"] = state["frames"], 0
            return float(next(level)) + (1.0 if seen else 0.0)

        monkeypatch.setattr(opened.link, "run", run)
        monkeypatch.setattr(opened.link, "watts", watts)
        passed = selftest(opened, seconds=0.2)
    assert passed.lines()[-1].startswith("power: 2.5")
    (file := tmp_path / "measured.json").write_text(measurements(package, passed))
    rows = load_rows(file)
    (row,) = rows.rows
    assert (row.board, row.network, rows.family) == ("ulx3s-85f", "toy", "ecp5")
    assert row.active_w == pytest.approx(2.5, abs=0.03)
    assert [one.macs for one in rows.products(row)][:2] == [16, 24]
    assert json.loads(file.read_text())["conditions"].startswith("frames one by one")


def test_offramp_classifies_with_a_package(
    archive: Path, board: FakeBoard, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(file := archive.parent / "mine.npy", images := toy.images(4, seed=5))
    classify(file, device=f"serial:{board.port}", package=archive, as_json=True)
    told = json.loads(capsys.readouterr().out)
    for image, row in zip(golden(images).transpose(1, 0, 2), told["answers"], strict=True):
        assert row["logits"] == image[row["exit"]].tolist()
    assert {row["class"] for row in told["answers"]} <= {"ant", "bee", "cat"}
    classify(file, device=f"serial:{board.port}", package=archive)
    assert len(capsys.readouterr().out.splitlines()) == 4
    with pytest.raises(DeviceError, match=r"expected serial:PORT, found simulated"):
        classify(file, package=archive)
    archive.write_bytes(b"no archive")
    with pytest.raises(ArtifactError, match="is no package"):
        classify(file, device=f"serial:{board.port}", package=archive)
    with pytest.raises(BadOption, match="IMAGES; expected at least one file"):
        classify(file)


def test_offramp_runs_it_as_well(
    archive: Path, board: FakeBoard, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """``offramp selftest PACKAGE``: PASS, or the example that differs and exit code 2."""
    command = ["selftest", str(archive), f"--device=serial:{board.port}"]
    assert run(command) == 0
    assert capsys.readouterr().out.startswith("PASS: 32 frames (32 examples), all answers as golden; ")
    assert run([*command, f"--measurements={archive.parent / 'energy.json'}"]) == 2
    assert "power was not measured" in capsys.readouterr().err
    assert not (archive.parent / "energy.json").exists()
    monkeypatch.setattr(SerialLink, "run", lambda *_: (np.zeros(3, np.int64), None, 1))
    assert run(command) == 2
    assert re.match(
        r"offramp: selftest of .*\.zip; found example 0: expected Wanted\(", capsys.readouterr().err
    )
    assert run(["selftest", str(archive.parent / "none.zip"), "--device=serial:x"]) == 2
    assert "expected a package of this version" in capsys.readouterr().err
