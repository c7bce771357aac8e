"""Heads on a frozen backbone: a place that decides everything comes first, one that decides nothing last."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from hw_models import Flatten, Linear, NetworkSpec, Relu
from hw_models.floating import build_float
from toolkit.core.progress import silent
from toolkit.data import Dataset, Split
from toolkit.explore.places import heads
from toolkit.explore.places.candidates import CandidatePlaces
from toolkit.explore.places.heads import backbone_state, trained_heads
from toolkit.explore.places.result import ExitPlaces, PlaceLogits
from toolkit.tasks.accuracy import accuracies
from toolkit.train.logits import exit_logits

LAYERS = (Flatten(), Linear(16), Relu(), Linear(2), Relu(), Linear(64), Relu(), Linear(64), Relu())
NET = NetworkSpec("xor", (1, 4, 4), 2, (LAYERS,), ((Linear(2),),), (1.0,))
ALL = CandidatePlaces.of(NET).network()


def dataset() -> Dataset:
    """Whether two pixels differ is the class; no linear layer on pixels can tell."""
    rng = np.random.default_rng(0)

    def split(frames: int) -> Split:
        images = rng.integers(0, 256, (frames, 1, 4, 4))
        bits = rng.integers(0, 2, (frames, 2))
        images[:, 0, 0, :2] = 255 * bits
        return Split(images.astype(np.uint8), (bits[:, 0] ^ bits[:, 1]).astype(np.int64))

    return Dataset("xor", ("same", "other"), split(400), split(50), split(300), split(300))


def weights() -> dict[str, Tensor]:
    """The second layer computes what differs, later ones pass it on."""
    state = {name: torch.zeros_like(value) for name, value in build_float(NET).state_dict().items()}
    state["trunks.0.linear0.weight"].fill_diagonal_(1)
    state["trunks.0.linear1.weight"][:, :2] = torch.tensor([[1.0, -1], [-1, 1]])
    for name in ("trunks.0.linear2.weight", "trunks.0.linear3.weight"):
        state[name].fill_diagonal_(1)
    state["heads.0.linear0.weight"][:, :2] = torch.tensor([[-8.0, -8], [8, 8]])
    state["heads.0.linear0.bias"][:] = torch.tensor([4.0, -4])
    return state


@pytest.fixture(scope="module")
def logits() -> PlaceLogits:
    data = dataset()
    net, images = trained_heads(NET, weights(), ALL, data, 200, 0, silent)
    assert images == 400
    splits = {"calibration": data.calibration, "test": data.test}
    return PlaceLogits(**{name: np.stack(exit_logits(net, split)) for name, split in splits.items()})


def result(logits: PlaceLogits, points: float = 0) -> ExitPlaces:
    data = dataset()
    return ExitPlaces.of(
        CandidatePlaces.of(NET),
        logits,
        data.calibration,
        data.test,
        points,
        dataset="xor",
        backbone="planted",
        images=400,
    )


def test_a_good_place_is_first_and_a_useless_one_last(logits: PlaceLogits) -> None:
    found = result(logits)
    assert [one.layer for one in found.places] == ["trunk0.relu1", "trunk0.relu2", "trunk0.relu0"]
    good, _, useless = found.places
    assert (good.alone, good.accuracy, good.early_rate) == (1, 1, 1)
    assert good.gain == pytest.approx(found.static_macs / good.macs)
    assert useless.alone < 0.7
    assert useless.early_rate < 0.2
    assert useless.accuracy > 0.95
    assert useless.gain < 1.2
    assert (found.accuracy, found.static_macs) == (1, 256 + 32 + 128 + 4096 + 128)
    assert found.sets[0].gain == good.gain, "no frame is left for a second exit"
    assert "estimated" in found.gain_is


def test_what_was_saved_comes_back(logits: PlaceLogits, tmp_path: Path) -> None:
    found = result(logits, 2.5)
    found.save(tmp_path)
    logits.save(tmp_path)
    assert ExitPlaces.load(tmp_path) == found
    assert PlaceLogits.load(tmp_path) == logits


def test_features_that_do_not_fit_together_give_the_same_heads(
    logits: PlaceLogits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heads, "MOST_BYTES", 4 * 400 * 64)
    net, images = trained_heads(NET, weights(), ALL, dataset(), 200, 0, silent)
    assert images == 400
    assert np.array_equal(np.stack(exit_logits(net, dataset().test)), logits.test)
    monkeypatch.setattr(heads, "MOST_BYTES", 4 * 100 * 64)
    assert trained_heads(NET, weights(), ALL, dataset(), 2, 0, silent)[1] == 100


def test_the_backbone_stays_as_it_is() -> None:
    found, data = CandidatePlaces.of(NET, "pool", ["trunk0.relu1"]), dataset()
    net, _ = trained_heads(NET, weights(), found.network(), data, 5, 0, silent)
    state = backbone_state(found.network(), net.state_dict(), NET)
    assert {name: value.tolist() for name, value in state.items()} == {
        name: value.tolist() for name, value in weights().items()
    }
    assert accuracies(exit_logits(net, data.test), data.test.labels)[-1] == 1


def test_weights_move_from_other_exits_and_to_none() -> None:
    several = build_float(ALL).state_dict()
    net, _ = trained_heads(ALL, several, NET, dataset(), 5, 0)
    moved = net.state_dict()
    assert moved.keys() == weights().keys()
    assert moved["trunks.0.linear3.weight"].tolist() == several["trunks.3.linear0.weight"].tolist()
    assert moved["heads.0.linear0.weight"].tolist() == several["heads.3.linear0.weight"].tolist()
