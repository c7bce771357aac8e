"""A QONNX file through the command line: compiled, simulated, verified against qonnx; and what it lacks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import toolkit as offramp
from tests.export.foreign_files import Chain, binary, convolutional
from toolkit.cli import run
from toolkit.verify import software
from toolkit.verify.directed.coverage import Coverage
from toolkit.verify.result import Verification

RUN = ["--target=sim", "-q"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    convolutional().save(tmp_path / "my-net.onnx")
    return tmp_path


@pytest.mark.sim
def test_a_file_is_compiled_and_verified(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compile", "my-net.onnx", *RUN]) == 0
    assert capsys.readouterr().out == "compile: runs/my_net-random/compile\n"
    assert run(["verify", "runs/my_net-random", "--frames=30", "--no-coverage", "-q"]) == 0
    found = capsys.readouterr()
    assert "accuracy unknown: the frames have no labels" in found.err
    result = Verification.load(folder / "runs" / "my_net-random" / "verify")
    assert (result.frames, result.mismatches, result.pytorch_differing_frames) == (30, 0, 0)
    assert not (folder / "runs" / "my_net-random" / "train").exists()
    (path,) = offramp.open(folder / "runs" / "my_net-random").simulate(frames=30)
    assert len(path.logits) == 30


@pytest.mark.slow
@pytest.mark.sim
@pytest.mark.parametrize("chain", [convolutional, binary])
def test_every_stream_and_part_of_a_file_is_verified(folder: Path, chain: Callable[[], Chain]) -> None:
    chain().save(folder / "net.onnx")
    assert run(["verify", "net.onnx", "--frames=30", "--layers", "--out=run", *RUN]) == 0
    assert Verification.load(folder / "run" / "verify").layers > 5
    coverage = Coverage.load(folder / "run" / "verify")
    assert coverage.covered == coverage.coverable


@pytest.mark.sim
def test_a_file_that_computes_something_else_is_a_mismatch(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As if qonnx gave another integer in one frame: nothing is let pass."""
    execute = software.FileReference._execute

    def changed(self: software.FileReference, images: np.ndarray, **more: bool) -> np.ndarray:
        outputs = np.array(execute(self, images, **more))
        outputs[-1, 2] += self.record.scale[2] * (len(images) > 1)
        return outputs

    monkeypatch.setattr(software.FileReference, "_execute", changed)
    assert run(["verify", "my-net.onnx", "--frames=5", "--no-coverage", *RUN]) == 2
    assert "my-net.onnx at exit0" in capsys.readouterr().err


@pytest.mark.sim
def test_labelled_frames_say_how_good_the_file_is(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Data of the user's own, here of three classes; a file of other shapes is refused before it is built."""
    draw = np.random.default_rng(0)
    np.savez("own.npz", images=draw.integers(0, 256, (60, 2, 6, 6), np.uint8), labels=np.arange(60) % 3)
    words = ["export", "my-net.onnx", "--dataset=npz", "--data-path=own.npz", "--out=run", *RUN, "--json"]
    assert run(words) == 0
    assert [one["stage"] for one in json.loads(capsys.readouterr().out)["stages"]] == ["data", "export"]
    assert run(["verify", "run", "--frames=6", "--no-coverage", "-q"]) == 0
    assert "of the frames are classified as npz labels them" in capsys.readouterr().err
    assert run(["export", "my-net.onnx", "--dataset=digits", "--out=other", *RUN]) == 2
    assert "my-net.onnx: input; expected 2x6x6; found 1x28x28" in capsys.readouterr().err


WRONG = {
    "a step for networks": (
        ["calibrate", "my-net.onnx"],
        "step calibrate of my-net.onnx; expected export, compile",
    ),
    "the whole flow": (["build", "my-net.onnx"], "step report of my-net.onnx; expected export, compile"),
    "bits": (["compile", "my-net.onnx", "--bits=4", "--act-bits=5"], "found bit widths"),
    "training": (["compile", "my-net.onnx", "--epochs=3"], "found training"),
    "a file that is not there": (["compile", "gone.onnx"], "gone.onnx"),
    "random frames for a network": (
        ["compile", "b_lenet_se", "--dataset=random"],
        "expected a QONNX file; found",
    ),
    "a file for a network's frames": (
        ["compile", "b_lenet_se", "--dataset=random", "--data-path=my-net.onnx"],
        "expected a QONNX file; found b_lenet_se",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_a_file_has_not_is_refused(folder: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    words, expected = WRONG[kind]
    assert run([*words, *RUN]) == 2
    found = capsys.readouterr()
    assert expected in found.err
    assert "Traceback" not in found.err
    assert not (folder / "runs").exists()


@pytest.mark.parametrize("content", [b"", b"no graph at all", b"\x08\x08\x12\x00"])
def test_a_file_that_is_none_is_one_line(
    folder: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "my-net.onnx").write_bytes(content)
    assert run(["compile", "my-net.onnx", *RUN]) == 2
    assert "my-net.onnx" in capsys.readouterr().err.splitlines()[-1]


def test_another_command_goes_on_with_the_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["export", "my-net.onnx", "--out=run", *RUN]
    assert run(words) == 0
    assert run(["export", "run", "--weights-unit=200", "-q"]) == 0
    assert run(["export", "run", "-q"]) == 0
    assert "export: up to date: my-net.onnx: 8 layers; its input is pixels / 200" in capsys.readouterr().err
