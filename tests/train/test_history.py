from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import hw_models
from hw_models import QuantConfig
from hw_models.shipped import path as shipped_path
from toolkit.core.errors import ArtifactError, CheckpointMismatch
from toolkit.train import Epoch, History, source_of
from toolkit.train.checkpoint import Checkpoint

SE = hw_models.get("b_lenet_se")


def epoch(phase: str, number: int, **metrics: float) -> Epoch:
    return Epoch(phase=phase, epoch=number, rate=0.01, metrics=metrics, seconds=1.5)


def test_it_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    history = History(epochs=(epoch("float", 1, val_loss=0.1 + 0.2), epoch("quantized", 1, train_loss=1.0)))
    history.save(tmp_path)
    assert History.load(tmp_path) == history


def test_a_shipped_one_is_read(tmp_path: Path) -> None:
    file = shipped_path("b_lenet_se", "digits", QuantConfig()).with_suffix(".csv")
    shutil.copyfile(file, tmp_path / History.FILE)
    first = History.load(tmp_path).epochs[0]
    assert (first.phase, first.epoch, first.metrics["val_exit1"]) == ("float", 1, 0.1)


def test_without_a_file_there_are_no_epochs(tmp_path: Path) -> None:
    assert History.load(tmp_path) == History()


def test_a_repeated_epoch_takes_the_place_of_the_old_and_of_later_ones() -> None:
    history = History(epochs=(epoch("float", 1), epoch("quantized", 1), epoch("quantized", 2)))
    again = epoch("quantized", 1, val_loss=3.0)
    assert history.followed_by(again).epochs == (epoch("float", 1), again)


def test_damage_is_named(tmp_path: Path) -> None:
    (tmp_path / History.FILE).write_text("stage,epoch,rate,val_loss,seconds\nfloat,one,0.1,2,3\n")
    with pytest.raises(ArtifactError, match=r"history\.csv: epochs\.0\.epoch"):
        History.load(tmp_path)


def test_a_given_checkpoint_comes_before_one_that_ships(tmp_path: Path) -> None:
    quant = QuantConfig()
    shipped = source_of(None, SE, "digits", quant)
    assert shipped is not None
    assert shipped.kind == "shipped"
    assert set(shipped.digests()) == {"checkpoint", "history"}
    assert source_of(None, SE, "digits", QuantConfig(weight_bits=7)) is None
    given = source_of(shipped.file, SE, "digits", quant)
    assert given is not None
    assert (given.kind, set(given.digests())) == ("given", {"checkpoint"})


def test_a_source_is_taken_only_for_the_data_it_was_trained_on(tmp_path: Path) -> None:
    quant = QuantConfig()
    source = source_of(None, SE, "digits", quant)
    assert source is not None
    wanted = Checkpoint.read(source.file)
    arguments = (tmp_path, SE, "digits", quant)
    with pytest.raises(CheckpointMismatch, match="trained on other data"):
        source.take(*arguments, data_digest="other", seed=3)
    assert not list(tmp_path.iterdir())
    source.take(*arguments, data_digest=wanted.dataset_digest, seed=0)
    assert Checkpoint.load(tmp_path).digest == wanted.digest
    assert History.load(tmp_path).epochs
    source.take(*arguments, data_digest="other", seed=3, force=True)
