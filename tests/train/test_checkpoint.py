from __future__ import annotations

import dataclasses
import json
import os
import pickle
from pathlib import Path

import pytest
import torch

import hw_models
from hw_models import QuantConfig
from hw_models.description import describe_network
from hw_models.quantized import build_quantized
from hw_models.shipped import path as shipped_path
from toolkit.core.errors import ArtifactError, CheckpointMismatch
from toolkit.data import Dataset, load
from toolkit.export.frozen import freeze
from toolkit.train import recipe
from toolkit.train.card import describe
from toolkit.train.checkpoint import Checkpoint, shipped
from toolkit.train.checkpoint import weights_digest as digest_of
from toolkit.train.history import History
from toolkit.train.logits import exit_logits
from toolkit.train.options import TrainOptions


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    torch.manual_seed(0)
    quant = QuantConfig(weight_bits=3)
    net = build_quantized(hw_models.get("b_lenet_se"), quant)
    return Checkpoint(net.spec, "digits", "d" * 64, quant, net.state_dict(), {"thresholds": [0.5]})


def test_what_is_saved_is_loaded(tmp_path: Path, checkpoint: Checkpoint, few_digits: Dataset) -> None:
    checkpoint.write(tmp_path / "new" / "a.pt")
    loaded = Checkpoint.read(tmp_path / "new" / "a.pt")
    assert loaded.identity() == checkpoint.identity()
    assert loaded.digest == checkpoint.digest
    assert loaded.thresholds == (0.5,)
    before, after = (exit_logits(which.build(), few_digits.test) for which in (checkpoint, loaded))
    assert all((a == b).all() for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize(
    "quant",
    [
        QuantConfig(),
        QuantConfig(weight_bits=2, act_bits=8, last_weight_bits=8),
        QuantConfig(weight_bits=8, per_channel=True),
        QuantConfig(weight_bits=5, scaling="float"),
        QuantConfig(weight_bits=7, scaling="float", per_channel=True),
    ],
    ids=QuantConfig.key,
)
def test_integers_in_place_of_weights_change_nothing(
    tmp_path: Path, few_digits: Dataset, quant: QuantConfig
) -> None:
    torch.manual_seed(1)
    net = build_quantized(hw_models.get("b_lenet_fcn"), quant)
    whole = Checkpoint(net.spec, "digits", "d" * 64, quant, net.state_dict())
    compact = whole.compact()
    compact.write(tmp_path / "a.pt")
    loaded = Checkpoint.read(tmp_path / "a.pt")
    assert loaded.digest == compact.digest
    assert (tmp_path / "a.pt").stat().st_size < 110_000, "74,694 parameters"
    before, after = freeze(whole.build()), freeze(loaded.build())
    for part in before:
        for one, other in zip(before[part].layers, after[part].layers, strict=True):
            assert (one.output.scale == other.output.scale).all()
            assert one.weight is None or (one.weight == other.weight).all()
            assert one.bias is None or (one.bias == other.bias).all()
    logits = [exit_logits(which.build(), few_digits.test) for which in (whole, loaded)]
    assert all((a == b).all() for a, b in zip(*logits, strict=True))
    assert loaded.compact().digest == compact.digest


def test_equal_checkpoints_are_equal_bytes(tmp_path: Path, checkpoint: Checkpoint) -> None:
    for name in ("a.pt", "b.pt"):
        checkpoint.write(tmp_path / name)
    assert (tmp_path / "a.pt").read_bytes() == (tmp_path / "b.pt").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pt", "b.pt"]


def test_building_leaves_the_random_numbers_alone(checkpoint: Checkpoint) -> None:
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    checkpoint.build()
    assert torch.equal(torch.rand(4), expected)


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"network": hw_models.get("b_lenet_fcn")}, "another model; expected b_lenet_fcn; found b_lenet_se"),
        ({"dataset": "mnist"}, "another dataset; expected mnist; found digits"),
        ({"quant": QuantConfig()}, "another quantisation; expected w4a4; found w3a4"),
    ],
)
def test_a_checkpoint_of_something_else_is_refused(checkpoint: Checkpoint, wanted: dict, words: str) -> None:
    checkpoint.require(hw_models.get("b_lenet_se"), "digits", QuantConfig(weight_bits=3))
    with pytest.raises(CheckpointMismatch, match=words):
        checkpoint.require(**wanted)


def test_weights_of_another_network_are_refused(checkpoint: Checkpoint) -> None:
    with pytest.raises(CheckpointMismatch, match="do not fit b_lenet_fcn"):
        dataclasses.replace(checkpoint, network=hw_models.get("b_lenet_fcn")).build()


def _rewrite(path: Path, **changes: object) -> None:
    content = torch.load(path, weights_only=True)
    torch.save(content | changes, path)


def test_another_version_is_refused(tmp_path: Path, checkpoint: Checkpoint) -> None:
    path = tmp_path / "a.pt"
    checkpoint.write(path)
    _rewrite(path, schema=99)
    with pytest.raises(CheckpointMismatch, match="another version; expected schema 3; found 99"):
        Checkpoint.read(path)


def test_a_changed_weight_is_noticed(tmp_path: Path, checkpoint: Checkpoint) -> None:
    path = tmp_path / "a.pt"
    checkpoint.write(path)
    content = torch.load(path, weights_only=True)
    next(iter(content["state"].values())).view(-1)[0] += 1
    torch.save(content, path)
    with pytest.raises(ArtifactError, match="damaged"):
        Checkpoint.read(path)


def test_a_changed_identity_is_noticed(tmp_path: Path, checkpoint: Checkpoint) -> None:
    path = tmp_path / "a.pt"
    checkpoint.write(path)
    meta = json.loads(torch.load(path, weights_only=True)["meta"])
    _rewrite(path, meta=json.dumps(meta | {"dataset": "mnist"}))
    with pytest.raises(ArtifactError, match="damaged"):
        Checkpoint.read(path)
    _rewrite(path, meta="no json")
    with pytest.raises(ArtifactError, match="cannot be read"):
        Checkpoint.read(path)


_SCALE = "trunks.0.relu0.act_quant.fused_activation_quant_proxy.tensor_quant.scaling_impl.value"


@pytest.mark.parametrize("name", ["trunks.1.conv0.weight", "heads.1.linear0.bias", _SCALE])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_parameters_that_are_not_finite_are_refused_by_name(
    tmp_path: Path, checkpoint: Checkpoint, name: str, value: float
) -> None:
    state = {key: tensor.clone() for key, tensor in checkpoint.state.items()}
    state[name].reshape(-1)[-1] = value
    dataclasses.replace(checkpoint, state=state).write(tmp_path / "a.pt")
    with pytest.raises(ArtifactError, match=rf"a\.pt: parameter {name}; expected finite .*found {value}"):
        Checkpoint.read(tmp_path / "a.pt")


def test_files_that_are_no_checkpoints_are_refused(tmp_path: Path, checkpoint: Checkpoint) -> None:
    path = tmp_path / "a.pt"
    with pytest.raises(ArtifactError, match="is missing"):
        Checkpoint.read(path)
    torch.save({"weights": torch.zeros(3)}, path)
    with pytest.raises(ArtifactError, match="is no checkpoint"):
        Checkpoint.read(path)
    checkpoint.write(path)
    whole = path.read_bytes()
    for length in (0, 10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(ArtifactError, match="cannot be read"):
            Checkpoint.read(path)


class _Payload:
    def __reduce__(self) -> tuple:
        return (Path.touch, (Path("executed"),))


def test_code_in_a_file_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"format": "offramp-checkpoint", "schema": 1, "state": _Payload()}, tmp_path / "a.pt")
    (tmp_path / "b.pt").write_bytes(pickle.dumps(_Payload(), protocol=2))
    for name in ("a.pt", "b.pt"):
        with pytest.raises(ArtifactError, match="cannot be read"):
            Checkpoint.read(tmp_path / name)
    assert not (tmp_path / "executed").exists()


REAL_DATA = Path(os.environ.get("OFFRAMP_DATA_DIR", Path(__file__).parents[3] / "shared" / "data"))
SHIPPED = sorted(shipped_path("m", "d", QuantConfig()).parent.glob("*.pt"))


def test_something_ships() -> None:
    assert shipped("b_lenet_se", "digits", QuantConfig()) is not None
    assert shipped("b_lenet_se", "digits", QuantConfig(weight_bits=7)) is None


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_checkpoint_is_what_its_card_says(path: Path, digits: Dataset) -> None:
    checkpoint = Checkpoint.read(path)
    card = json.loads(path.with_suffix(".json").read_text())
    assert shipped_path(checkpoint.model, checkpoint.dataset, checkpoint.quant) == path
    assert card["digest"] == checkpoint.digest
    assert card["metrics"] == checkpoint.details["metrics"]
    assert path.stat().st_size < 1_000_000
    net = checkpoint.build()
    if checkpoint.dataset == "digits":
        assert checkpoint.dataset_digest == digits.digest
        again = describe(net, digits, recipe("digits"), History())
        assert again["metrics"] == card["metrics"]
        assert again["thresholds"] == pytest.approx(checkpoint.thresholds, abs=2e-6)


def test_a_shipped_checkpoint_can_be_trained_again_with_one_command() -> None:
    for path in SHIPPED:
        checkpoint = Checkpoint.read(path)
        recorded = TrainOptions().to_json() | checkpoint.details["options"]  # older ones know fewer
        words = json.loads(path.with_suffix(".json").read_text())["reproduce"].split()
        named = {word.removeprefix("--").removeprefix("trained-").replace("-", "_"): word for word in words}
        given = {name: json.loads(words[words.index(named[name]) + 1]) for name in recorded if name in named}
        recorded["device"] = "auto"  # a place, no option of the result
        assert recipe(checkpoint.dataset, **given).to_json() == recorded, path.name


@pytest.mark.parametrize("model", ["b_lenet_fcn", "b_lenet_se"])
def test_on_mnist_the_shipped_networks_reach_what_branchynet_did(model: str) -> None:
    """BranchyNet's float B-LeNet (arXiv 1709.01686): 99.25 % with 94.3 % leaving early; here with 4 bits."""
    checkpoint = shipped(model, "mnist", QuantConfig())
    assert checkpoint is not None
    figures = checkpoint.details["metrics"]["test"]
    assert figures["images"] == 10_000
    assert figures["combined_accuracy"] >= 0.993
    assert figures["exit_rate"][0] >= 0.97


def test_on_mnist_the_original_network_is_near_it_after_fewer_epochs() -> None:
    checkpoint = shipped("b_lenet", "mnist", QuantConfig())
    assert checkpoint is not None
    figures = checkpoint.details["metrics"]["test"]
    assert figures["images"] == 10_000
    assert figures["combined_accuracy"] >= 0.992
    assert figures["exit_rate"][0] >= 0.943


def test_the_network_of_triple_wins_fits_a_megabyte() -> None:
    checkpoint = shipped("tw_smallcnn", "mnist", QuantConfig())
    assert checkpoint is not None
    figures = checkpoint.details["metrics"]["test"]
    assert figures["images"] == 10_000
    assert figures["combined_accuracy"] >= 0.995
    assert figures["exit_rate"][0] >= 0.95
    assert max(file.stat().st_size for file in SHIPPED) < 1_000_000


def test_the_cifar_network_is_labelled_with_the_subset_that_it_saw() -> None:
    checkpoint = shipped("b_lenet_cifar", "cifar10-subset", QuantConfig())
    assert checkpoint is not None
    assert checkpoint.dataset == "cifar10-subset"
    figures = checkpoint.details["metrics"]["test"]
    assert figures["images"] == 761
    assert figures["combined_accuracy"] >= 0.54


def test_alexnet_answers_at_three_exits_and_fits_a_megabyte() -> None:
    checkpoint = shipped("b_alexnet_cifar", "cifar10-subset", QuantConfig())
    assert checkpoint is not None
    assert len(checkpoint.thresholds) == 2
    figures = checkpoint.details["metrics"]["test"]
    assert figures["images"] == 761
    assert figures["combined_accuracy"] >= 0.6
    assert min(figures["exit_rate"]) >= 0.2


def test_ds_cnn_belongs_to_the_made_up_frames() -> None:
    checkpoint = shipped("ds_cnn", "sweeps", QuantConfig())
    assert checkpoint is not None
    assert checkpoint.dataset_digest == load("sweeps").digest
    figures = checkpoint.details["metrics"]["test"]
    assert figures["images"] == 1200
    assert figures["combined_accuracy"] >= 0.92
    assert min(figures["exit_rate"]) >= 0.2


def test_resnet8_answers_at_three_exits() -> None:
    checkpoint = shipped("resnet8", "cifar10-subset", QuantConfig())
    assert checkpoint is not None
    figures = checkpoint.details["metrics"]["test"]
    assert figures["images"] == 761
    assert figures["combined_accuracy"] >= 0.68
    assert min(figures["exit_rate"]) >= 0.2


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", [path for path in SHIPPED if "-digits-" not in path.stem], ids=lambda path: path.stem
)
def test_the_figures_of_the_shipped_networks_hold(path: Path) -> None:
    checkpoint = Checkpoint.read(path)
    name = checkpoint.dataset
    if not (REAL_DATA / name).is_dir():
        pytest.skip(f"the files of {name} are not on this machine")
    dataset = load(name, REAL_DATA)
    assert dataset.digest == checkpoint.dataset_digest
    rate = {"exit_rate": checkpoint.details["options"]["exit_rate"]}
    options = recipe(name).model_copy(update=rate)
    again = describe(checkpoint.build(), dataset, options, History())
    assert again["metrics"] == checkpoint.details["metrics"]
    assert again["thresholds"] == pytest.approx(checkpoint.thresholds, abs=2e-6)


def test_a_network_that_no_registry_knows_comes_back(tmp_path: Path) -> None:
    torch.manual_seed(0)
    own = dataclasses.replace(hw_models.get("b_lenet_se"), name="MyNet")
    net = build_quantized(own)
    Checkpoint(own, "digits", "d" * 64, net.quant, net.state_dict()).save(tmp_path)
    loaded = Checkpoint.load(tmp_path)
    assert loaded.network == own
    assert loaded.model == "MyNet"
    loaded.build()
    loaded.require(own)


def test_another_network_of_the_same_name_is_refused(checkpoint: Checkpoint) -> None:
    other = dataclasses.replace(checkpoint.network, exit_weights=(0.5, 1.0))
    with pytest.raises(CheckpointMismatch, match="another network called b_lenet_se; expected the layers"):
        checkpoint.require(other)


def test_a_changed_network_is_noticed(tmp_path: Path, checkpoint: Checkpoint) -> None:
    checkpoint.write(path := tmp_path / "a.pt")
    meta = json.loads(torch.load(path, weights_only=True)["meta"])
    meta["network"]["exit_weights"] = [1.0, 1.0]
    _rewrite(path, meta=json.dumps(meta))
    with pytest.raises(ArtifactError, match="damaged"):
        Checkpoint.read(path)


def test_a_file_with_a_name_alone_gets_its_network_here(tmp_path: Path, checkpoint: Checkpoint) -> None:
    identity = {key: value for key, value in checkpoint.identity().items() if key != "network"}
    meta = identity | {"details": {}, "digest": digest_of(identity, checkpoint.state)}
    content = {"format": "offramp-checkpoint", "schema": 1, "meta": json.dumps(meta)}
    torch.save(content | {"state": dict(checkpoint.state)}, tmp_path / "old.pt")
    assert Checkpoint.read(tmp_path / "old.pt").digest == checkpoint.digest


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_checkpoint_carries_its_network(path: Path) -> None:
    content = torch.load(path, weights_only=True)
    assert json.loads(content["meta"])["network"] == describe_network(
        hw_models.get(Checkpoint.read(path).model)
    )
