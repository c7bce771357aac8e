"""Every field of the configuration of training is an option of a run, without a line about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolkit import cli
from toolkit.core.errors import BadOption
from toolkit.flow import Options
from toolkit.flow.config import read_config
from toolkit.flow.options import DECLARED
from toolkit.flow.steps import ORDER
from toolkit.train import TrainOptions, recipe

FIELDS = [name for name in TrainOptions.model_fields if name != "seed"]
OTHERWISE = {"exit_rate": "trained_exit_rate"}
CHANGED = {
    "mode": "backbone-first",
    "optimizer": "sgd",
    "schedule": "step",
    "monitor": "val_loss",
    "device": "cpu",
    "tracker": "tensorboard",
    "exit_weights": (0.5, 1.0),
}


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_is_an_option_of_its_group_that_reaches_training(name: str) -> None:
    one = DECLARED[OTHERWISE.get(name, name)]
    assert one.group == "training"
    usual = getattr(TrainOptions(), name)
    other = CHANGED.get(name, 0.25 if isinstance(usual, float) else 3)
    assert other != usual
    options = Options.of(**{one.name: other})
    options.check()
    assert getattr(recipe("digits", **options.training.changes), name) == other
    assert options.training.demanded == (name not in ("device", "tracker"))
    (train,) = [step for step in ORDER if step.name == "train"]
    assert one.name in (*train.options, *train.settings)


def test_nothing_is_changed_and_nothing_demanded_by_default() -> None:
    training = Options().training
    assert (training.changes, training.demanded) == ({"device": "auto", "tracker": "csv"}, False)


def test_all_problems_of_a_file_are_told_with_their_places(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "run.yaml"
    file.write_text(
        "training: {rate: -1.0, patiense: 3, exit_weights: [0.5, x]}\nsimulation: {frames: 0}\nplicy: {}\n"
    )
    with pytest.raises(BadOption, match=r"run\.yaml: options; expected no mistakes; found 5"):
        read_config(file)
    monkeypatch.chdir(tmp_path)
    assert cli.run(["build", "--config", "run.yaml"]) == 2
    head, *lines = capsys.readouterr().err.splitlines()
    assert head.startswith("offramp: run.yaml: options; expected no mistakes; found 5")
    for place in (
        "training.rate; expected above 0",
        "unknown option of training 'patiense'",
        "training.exit_weights; expected numbers with commas between them",
        "simulation.frames; expected 1 to 1,000,000; found 0",
        "unknown group 'plicy'",
    ):
        assert sum(place in line for line in lines) == 1, lines


def test_names_that_are_known_at_run_time_are_told_together_too(tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    file.write_text("training: {optimizer: adma, exit_weights: [-1.0], rate: 0.0}\ndata: {dataset: mnits}\n")
    with pytest.raises(BadOption, match="found 4") as found:
        read_config(file)
    assert [line.partition(";")[0] for line in found.value.details] == [
        "training.rate",
        "unknown optimizer 'adma'",
        "training.exit_weights",
        "unknown dataset 'mnits'",
    ]


def test_weights_of_exits_are_read_from_one_word() -> None:
    assert DECLARED["exit_weights"].read("0.3,1") == (0.3, 1.0)
    for text in ("0.3,,1", "a", "1;2", "nan"):
        with pytest.raises(BadOption, match="--exit-weights; expected numbers with commas between them"):
            DECLARED["exit_weights"].read(text)
