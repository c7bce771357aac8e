"""``offramp classify`` on a run of the tiny network: its RTL, its policy, images from files."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from PIL import Image

from tests.conftest import Compiled
from tests.flow.manifests import CHECKPOINT, finish
from tests.links.axi_dma import fake_pynq
from toolkit.cli.classify import classify
from toolkit.compose import compose_chain
from toolkit.core.errors import ArtifactError, BadOption, CheckpointMismatch, DataError, OfframpError
from toolkit.core.topology import head, trunk
from toolkit.data import DatasetInfo, PictureForm
from toolkit.data.pictures import COLOURS
from toolkit.exits import ExitPolicy
from toolkit.flow import Options
from toolkit.flow.manifest import Manifest, Recipe
from toolkit.flow.rundir import RunRecord
from toolkit.flow.session import Classification, Session
from toolkit.runtime import Answer, DeviceError, FramesLost
from toolkit.tasks import Readout
from toolkit.verify.golden import Golden

CLASSES = ("ant", "bee", "cow")


@pytest.fixture(scope="module")
def run(tiny: Compiled, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run directory as the stages leave it, for what classifying needs."""
    folder = tmp_path_factory.mktemp("classify") / "run"
    (folder / "compose").mkdir(parents=True)
    parts = tiny.segments
    compose_chain("stage0", (parts[trunk(0)], parts[head(0)]), folder / "compose" / "stage0", branch=True)
    compose_chain("stage1", (parts[trunk(1)], parts[head(1)]), folder / "compose" / "stage1")
    for name in ("data", "train", "calibrate"):
        (folder / name).mkdir()
    DatasetInfo(name="tiny", digest="d" * 64, classes=CLASSES, shape=(1, 6, 6), images={}).save(
        folder / "data"
    )
    policy(tiny).save(folder / "calibrate")
    RunRecord(options=Options.of(target="sim")).save(folder)
    finish(folder)
    return folder


def policy(tiny: Compiled) -> ExitPolicy:
    scale = tiny.graphs.paths[0].output.scale
    logits = Golden(tiny.graphs.paths[0]).run(tiny.images)
    best = np.sort(logits, axis=1)
    median = float(np.median((best[:, -1] - best[:, -2]) * scale))  # about half of the images leave early
    return ExitPolicy(
        criterion="margin",
        thresholds=(median,),
        scales=(scale,),
        classes=len(CLASSES),
        checkpoint=CHECKPOINT,
        model="tiny",
    )


def offramp(*arguments: object) -> None:
    app = typer.Typer()
    app.command()(classify)
    app(args=[str(argument) for argument in arguments], standalone_mode=False)


@pytest.fixture
def images(tiny: Compiled, tmp_path: Path) -> list[Path]:
    pixels = tiny.images.astype(np.uint8)
    Image.fromarray(pixels[0, 0]).save(tmp_path / "first.png")
    np.save(tmp_path / "rest.npy", pixels[1:])
    return [tmp_path / "first.png", tmp_path / "rest.npy"]


@pytest.mark.sim
def test_answers_are_those_of_the_golden_cascade(
    run: Path,
    tiny: Compiled,
    images: list[Path],
    simulators: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    golden = [Golden(tiny.graphs.paths[k]).run(tiny.images) for k in (0, 1)]
    expected = policy(tiny).answer(golden)
    assert set(expected.exits.tolist()) == {0, 1}

    offramp(run, *images, "--json")
    rows = json.loads(capsys.readouterr().out)["answers"]
    assert [row["class"] for row in rows] == [CLASSES[label] for label in expected.classes]
    assert [row["exit"] for row in rows] == expected.exits.tolist()
    assert [row["logits"] for row in rows] == expected.logits.tolist()
    assert [row["image"] for row in rows] == [str(images[0])] + [f"{images[1]}[{i}]" for i in range(11)]
    scales = [tiny.graphs.paths[k].output.scale for k in (0, 1)]
    for row in rows:
        real = np.array(row["logits"]) * scales[row["exit"]]
        assert row["confidence"] == pytest.approx(float(1 / np.exp(real - real.max()).sum()))
        assert row["cycles"] > 0
        assert row["error"] is None

    found = Session.load(run).classify(tiny.images.astype(np.uint8))
    assert found.classes == tuple(row["class"] for row in rows)
    assert np.array_equal(found.labels, expected.classes)
    assert np.array_equal(found.exits, expected.exits)
    assert np.array_equal(found.logits, expected.logits)
    assert len(found) == len(found.answers) == 12
    assert Session.load(run).classify(images).images == tuple(row["image"] for row in rows)
    assert Session.load(run).classify(str(images[0])).classes == found.classes[:1]

    offramp(run, *images)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 12
    first = rows[0]
    sure, cycles = f"{first['confidence']:.2%}", f"{first['cycles']:,} cycles"
    assert lines[0] == f"{images[0]}: {first['class']}, exit {first['exit']}, {sure}, {cycles}"


@pytest.mark.sim
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_names_that_no_output_can_show(
    run: Path, tiny: Compiled, tmp_path: Path, simulators: Path, encoding: str
) -> None:
    names = [b"caf\xe9.png", "caf\u00e9.png".encode(), b"two\nlines.png"]
    image = Image.fromarray(tiny.images[0, 0].astype(np.uint8))
    for name in names:
        image.save(tmp_path / os.fsdecode(name))
    done = subprocess.run(
        [sys.executable, "-m", "toolkit", "classify", str(run), *names],
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    shown = "caf\u00e9.png".encode() if encoding == "utf-8" else b"caf\\xe9.png"
    told = [line.partition(b": ")[0] for line in done.stdout.splitlines()]
    assert told == [b"caf\\udce9.png", shown, b"two lines.png"]


def test_images_without_an_answer_are_named_at_the_end(
    run: Path, images: list[Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.runtime import toy
    from toolkit.flow import session
    from toolkit.runtime import ExitController

    device = toy.ToyDevice(2, lambda stage, values: toy.raises)
    monkeypatch.setattr(session, "_device", lambda name, accelerators, line, board: device)
    monkeypatch.setattr(
        session,
        "ExitController",
        lambda opened, policy, **options: ExitController(opened, toy.Margin((1.0,))),
    )
    loaded = dataclasses.replace(Session.load(run), shape=toy.SHAPE)
    monkeypatch.setattr(Session, "load", lambda path: loaded)
    np.save(images[0].with_suffix(".npy"), toy.images(2))
    with pytest.raises(FramesLost, match=r"no answer for frames 0-1; found .*the cable is out") as lost:
        offramp(run, images[0].with_suffix(".npy"))
    assert lost.value.indices == (0, 1)
    assert capsys.readouterr().out.count("no answer") == 2
    assert device.closed


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (
            ["--device", "fpga"],
            BadOption,
            "expected simulated, pynq:FILE.bit or mmio:ADDRESS or serial:PORT; found fpga",
        ),
        (["--device", "serial:/dev/none"], DeviceError, "serial port /dev/none; .*no such device"),
        (["--device", "pynq:none.bit"], ArtifactError, "none.bit; expected a bitstream"),
        (["more.png"], DataError, "image file more.png; expected a file"),
    ],
)
def test_what_does_not_fit_is_refused_at_once(
    run: Path, images: list[Path], arguments: list[str], error: type[OfframpError], words: str
) -> None:
    with pytest.raises(error, match=words):
        offramp(run, *images, *arguments)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (np.zeros((2, 1, 6, 6)), r"array of images; expected uint8 \[H, W\], .*; found float64 \[2, 1, 6"),
        (np.zeros((2, 1, 6, 5), np.uint8), "array of images; expected 1x6x6 .*; found 2x1x6x5"),
        (np.zeros((0, 1, 6, 6), np.uint8), "array of images; expected at least one; found none"),
        ([], "images; expected at least one; found none"),
        (["none.png"], "image file none.png; expected a file"),
    ],
)
def test_images_that_are_none_are_refused(run: Path, given: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        Session.load(run).classify(given)


def test_an_overlay_of_another_design(
    run: Path, images: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _, bitfile = fake_pynq.install(monkeypatch, tmp_path)
    with pytest.raises(ArtifactError, match=r"design in PYNQ overlay toy.bit; .*found dddddddddddd"):
        offramp(run, *images, "--device", f"pynq:{bitfile}")


def test_a_policy_of_another_network(run: Path, tmp_path: Path, tiny: Compiled) -> None:
    other = tmp_path / "run"
    (other / "compose").mkdir(parents=True)
    with pytest.raises(ArtifactError, match=r"expected a finished step compose; found none.*offramp build"):
        Session.load(other)
    (other / "compose" / "nothing.txt").touch()
    finish(other)
    with pytest.raises(ArtifactError, match=r"no stage accelerators.*offramp compose"):
        Session.load(other)
    shutil.rmtree(other)
    shutil.copytree(run, other)
    (other / "calibrate" / ExitPolicy.FILE).unlink()
    finish(other)
    with pytest.raises(ArtifactError, match=r"policy.json is missing"):
        Session.load(other)
    good = policy(tiny)
    ExitPolicy(**{**good.model_dump(), "checkpoint": "e" * 64}).save(other / "calibrate")
    finish(other)
    with pytest.raises(CheckpointMismatch):
        Session.load(other)
    two = ExitPolicy(**{**good.model_dump(), "thresholds": good.thresholds * 2, "scales": good.scales * 2})
    two.save(other / "calibrate")
    finish(other)
    with pytest.raises(BadOption, match="for 3"):
        Session.load(other)


def test_pictures_that_would_not_become_the_networks_input_are_refused(run: Path, tmp_path: Path) -> None:
    """A size in somebody else's run is no reason to make pictures of it."""
    other = tmp_path / "run"
    shutil.copytree(run, other)
    shape = Session.load(run).shape
    for size, words in ((shape[1:], ""), ((10**9, 10**9), "expected pictures that become")):
        form = PictureForm(size=size, colour=COLOURS[shape[0]], resize=True)
        DatasetInfo(
            name="tiny", digest="d" * 64, classes=CLASSES, shape=shape, images={}, pictures=form
        ).save(other / "data")
        finish(other)
        if words:
            with pytest.raises(ArtifactError, match=words):
                Session.load(other)
        else:
            assert Session.load(other).pictures == form


@pytest.mark.parametrize("classes", [CLASSES[:2], (*CLASSES, "dog"), ()])
def test_other_classes_than_logits_are_refused(run: Path, tmp_path: Path, classes: tuple[str, ...]) -> None:
    other = tmp_path / "run"
    shutil.copytree(run, other)
    DatasetInfo(name="tiny", digest="d" * 64, classes=classes, shape=(1, 6, 6), images={}).save(
        other / "data"
    )
    finish(other)
    with pytest.raises(ArtifactError, match=rf"as many logits as classes .*\({len(classes)}\); found .*3"):
        Session.load(other)
    (other / "train" / "manifest.json").unlink()
    with pytest.raises(ArtifactError, match="train"):
        Session.load(other)


def test_a_training_without_its_digest_is_refused(run: Path, tmp_path: Path) -> None:
    other = tmp_path / "run"
    shutil.copytree(run, other)
    (other / "train" / "manifest.json").unlink()
    Manifest.of("train", other / "train", Recipe(), {}).save(other / "train")
    with pytest.raises(CheckpointMismatch, match="the exit policy is of another checkpoint"):
        Session.load(other)


def test_answers_of_several_groups_are_named_by_their_characters() -> None:
    names = ("a", "b", "none")
    policy = ExitPolicy.of_one_exit(3, "top1", groups=2)
    session = Session((), policy, names, (1, 1, 1))
    answers = policy.answer([np.array([[0, 1, 0, 9, 0, 0], [4, 1, 0, 0, 0, 5], [0, 1, 2, 0, 7, 0]])])
    assert [session.named(label) for label in answers.classes.tolist()] == ["ba", "a", "_b"]
    told = tuple(
        session.told(np.zeros((1, 1, 1), np.uint8), Answer(0, int(one), 0)) for one in answers.classes
    )
    assert Classification((), (), names, told, 2).classes == ("ba", "a", "_b")


def test_another_task_reads_the_outputs(run: Path, tmp_path: Path) -> None:
    """The tiny network stands in for one that reconstructs three pixels: what it answers is measured."""
    other = tmp_path / "run"
    shutil.copytree(run, other)
    readout = Readout(
        task="reconstruction",
        checkpoint=CHECKPOINT,
        scale=2.0**-8,
        threshold=1e3,
        false_alarms=0.05,
        frames=20,
        above=1,
    )
    readout.save(other / "calibrate")
    finish(other)
    session = Session.load(other)
    image = np.full((1, 1, 3), 7, np.uint8)
    told = session.told(image, Answer(0, None, 0, (7, 8, 9)))
    assert told == (0, "mean square error 1.7, not above 1000.0", {"mse": 5 / 3, "threshold": 1e3})
    assert session.told(image, Answer(0, None, 0, (7, 8, 109))).label == 1
    readout.model_copy(update={"checkpoint": "f" * 64}).save(other / "calibrate")
    finish(other)
    with pytest.raises(CheckpointMismatch, match="readout of outputs"):
        Session.load(other)
