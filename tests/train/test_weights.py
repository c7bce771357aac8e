"""Weights under the names of earlyexitnet, in every wrapping, and everything that may be wrong with them."""

from __future__ import annotations

import json
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import hw_models
from hw_models import QuantConfig
from hw_models.floating import build_float
from hw_models.network import PIXEL_SCALE, EarlyExitNet
from hw_models.quantized import build_quantized
from hw_models.spec import Conv, Flatten, Linear, MaxPool, NetworkSpec
from toolkit.cli import run
from toolkit.core.errors import ArtifactError, BadOption, CheckpointMismatch, OfframpError
from toolkit.data import Dataset
from toolkit.tasks.accuracy import accuracies
from toolkit.train.checkpoint import Checkpoint
from toolkit.train.logits import exit_logits
from toolkit.train.options import recipe
from toolkit.train.phase import Phases
from toolkit.train.run import train
from toolkit.train.weights import read_weights

FCN = hw_models.get("b_lenet_fcn")


class Block(nn.Module):
    """A convolution, a pool and a ReLU, nested as earlyexitnet nests them."""

    def __init__(self, inputs: int, outputs: int, kernel: int, padding: int) -> None:
        super().__init__()
        self.layer = nn.Sequential(
            nn.Conv2d(inputs, outputs, kernel, padding=padding), nn.MaxPool2d(2), nn.ReLU()
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x)


class Foreign(nn.Module):
    """The network ``b_lenet_fcn`` under earlyexitnet's names."""

    def __init__(self) -> None:
        super().__init__()
        rest = nn.Sequential(Block(5, 10, 5, 4), Block(10, 20, 5, 3), nn.Flatten(), nn.Linear(720, 84))
        self.backbone = nn.ModuleList([Block(1, 5, 5, 4), rest])
        early = nn.Sequential(Block(5, 10, 3, 1), nn.Flatten(), nn.Linear(640, 10))
        self.exits = nn.ModuleList([early, nn.Sequential(nn.Linear(84, 10))])

    def forward(self, x: Tensor) -> list[Tensor]:
        found = []
        for trunk, head in zip(self.backbone, self.exits, strict=True):
            x = trunk(x)
            found.append(head(x))
        return found


OWN_NAMES = {
    "backbone.0.layer.0": "trunks.0.conv0",
    "backbone.1.0.layer.0": "trunks.1.conv0",
    "backbone.1.1.layer.0": "trunks.1.conv1",
    "backbone.1.3": "trunks.1.linear0",
    "exits.0.0.layer.0": "heads.0.conv0",
    "exits.0.2": "heads.0.linear0",
    "exits.1.0": "heads.1.linear0",
}


@pytest.fixture(scope="module")
def trained(digits: Dataset, tmp_path_factory: pytest.TempPathFactory) -> EarlyExitNet:
    """A float network after a little training."""
    torch.manual_seed(0)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as in every test here: threads of several processes are in each other's way
    folder = tmp_path_factory.mktemp("trained")
    options = recipe("digits", float_epochs=4, batch=32, augment=0.0)
    net = Phases(digits, options, folder, None, lambda *_: None).fit("float", build_float(FCN), 4, 8e-3, None)
    torch.set_num_threads(threads)
    return net


@pytest.fixture(scope="module")
def state(trained: EarlyExitNet) -> Mapping[str, Tensor]:
    """Its weights under earlyexitnet's names."""
    own = trained.state_dict()
    return {f"{a}.{kind}": own[f"{b}.{kind}"] for a, b in OWN_NAMES.items() for kind in ("weight", "bias")}


@pytest.fixture(scope="module")
def images(digits: Dataset) -> Tensor:
    return torch.tensor(digits.test.images[:50]).float()


def prefixed(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {prefix + name: value for name, value in state.items()}


WRAPPINGS: dict[str, Callable[[Mapping[str, Tensor]], Any]] = {
    "plain": OrderedDict,
    "parallel": lambda state: prefixed(state, "module."),
    "compiled": lambda state: prefixed(state, "_orig_mod.module."),
    "state_dict": lambda state: {"state_dict": dict(state), "epoch": 3},
    "model": lambda state: {"model": prefixed(state, "module."), "optimizer": {"lr": 0.1}},
    "nested": lambda state: {"model": {"state_dict": dict(state)}},
    "earlyexitnet": lambda state: {
        "timestamp": "2021-07-08_223117",
        "model_state_dict": OrderedDict(state),
        "opt_state_dict": {"state": {}, "param_groups": [{"lr": 0.001}]},
        "tloss": np.float64(0.25),
        "vaccu": [np.float32(0.5)],
        "epoch": 3,
    },
    "parameters": lambda state: {name: nn.Parameter(value) for name, value in state.items()},
    "another order": lambda state: dict(sorted(state.items(), reverse=True)),
    "double": lambda state: {name: value.double() for name, value in state.items()},
}


@pytest.mark.parametrize("kind", WRAPPINGS)
def test_the_logits_are_those_of_the_network_that_was_trained(
    tmp_path: Path, trained: EarlyExitNet, state: Mapping[str, Tensor], images: Tensor, kind: str
) -> None:
    torch.save(WRAPPINGS[kind](state), tmp_path / "a.pth")
    found = build_float(FCN)
    found.load_state_dict(dict(read_weights(tmp_path / "a.pth", FCN, unit=256).state))
    with torch.no_grad():
        for mine, theirs in zip(found.eval()(images / 256), trained(images / 256), strict=True):
            assert torch.equal(mine, theirs)


def test_tensors_of_a_gpu_are_taken_where_there_is_none(tmp_path: Path, state: Mapping[str, Tensor]) -> None:
    """A file that was saved on a GPU differs in the place that its tensors are said to have."""
    torch.save(state, tmp_path / "cpu.pth")
    with zipfile.ZipFile(tmp_path / "cpu.pth") as here, zipfile.ZipFile(tmp_path / "gpu.pth", "w") as there:
        for name in here.namelist():
            content = here.read(name)
            if name.endswith("data.pkl"):
                assert b"X\x03\0\0\0cpu" in content
                content = content.replace(b"X\x03\0\0\0cpu", b"X\x06\0\0\0cuda:0")
            there.writestr(name, content)
    if not torch.cuda.is_available():
        with pytest.raises(RuntimeError, match="CUDA"):
            torch.load(tmp_path / "gpu.pth", weights_only=True)
    found = read_weights(tmp_path / "gpu.pth", FCN, unit=256).state
    assert torch.equal(found["heads.1.linear0.weight"], state["exits.1.0.weight"])


@pytest.mark.parametrize("half", [torch.float16, torch.bfloat16])
def test_half_precision_is_nearly_the_same(
    tmp_path: Path, state: Mapping[str, Tensor], half: torch.dtype
) -> None:
    torch.save({name: value.to(half) for name, value in state.items()}, tmp_path / "a.pth")
    found = read_weights(tmp_path / "a.pth", FCN, unit=256).state
    for name, own in OWN_NAMES.items():
        assert found[f"{own}.weight"].dtype == torch.float32
        assert torch.equal(found[f"{own}.weight"], state[f"{name}.weight"].to(half).float())


@pytest.mark.parametrize("unit", [None, 255, 256, 1])
def test_a_foreign_network_sees_the_pixels_that_it_was_trained_on(
    tmp_path: Path, images: Tensor, unit: int | None
) -> None:
    """torchvision's pixels are p / 255, ours p / 256: its own module and ours answer alike."""
    torch.manual_seed(1)
    module = Foreign().eval()
    torch.save(module.state_dict(), tmp_path / "a.pth")
    weights = read_weights(tmp_path / "a.pth", FCN, unit)
    assert weights.unit == (unit or 255)
    found = build_float(FCN).eval()
    found.load_state_dict(dict(weights.state))
    with torch.no_grad():
        for mine, theirs in zip(found(images * PIXEL_SCALE), module(images / weights.unit), strict=True):
            assert torch.allclose(mine, theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("prefix", ["", "module.", "net."])
def test_own_names_are_taken_as_they_are(tmp_path: Path, trained: EarlyExitNet, prefix: str) -> None:
    torch.save(prefixed(trained.state_dict(), prefix), tmp_path / "a.pt")
    found = read_weights(tmp_path / "a.pt", FCN)
    assert found.unit == 256
    assert all(torch.equal(found.state[name], value) for name, value in trained.state_dict().items())


def test_layers_beyond_the_tenth_keep_their_order(tmp_path: Path) -> None:
    spec = NetworkSpec("deep", (1, 4, 4), 3, ((Conv(2, 3, 1),) * 12,), ((Flatten(), Linear(3)),), (1.0,))
    convolutions = [nn.Conv2d(2 if n else 1, 2, 3) for n in range(12)]
    module = nn.ModuleDict(
        {
            "backbone": nn.ModuleList([nn.Sequential(*convolutions)]),
            "exits": nn.ModuleList([nn.Sequential(nn.Flatten(), nn.Linear(32, 3))]),
        }
    )
    torch.save(dict(sorted(module.state_dict().items())), tmp_path / "a.pth")
    found = read_weights(tmp_path / "a.pth", spec, unit=256).state
    for n in range(12):
        assert torch.equal(found[f"trunks.0.conv{n}.weight"], module.state_dict()[f"backbone.0.{n}.weight"])


def test_every_layer_that_sees_pixels_is_scaled(tmp_path: Path) -> None:
    """A trunk without weights hands the pixels to its head and to the next trunk."""
    trunks = ((MaxPool(2),), (Conv(2, 1),))
    heads = ((Flatten(), Linear(3)), (Flatten(), Linear(3)))
    spec = NetworkSpec("pooled", (1, 4, 4), 3, trunks, heads, (1.0, 1.0))
    state = {name: torch.ones_like(value) for name, value in build_float(spec).state_dict().items()}
    names = {name.replace("trunks", "backbone").replace("heads", "exits"): state[name] for name in state}
    torch.save(names, tmp_path / "a.pth")
    found = read_weights(tmp_path / "a.pth", spec, unit=128).state
    scaled = {name for name, value in found.items() if (value == 2).all()}
    assert scaled == {"heads.0.linear0.weight", "trunks.1.conv0.weight"}
    assert all((found[name] == 1).all() for name in found.keys() - scaled)


def refusal(folder: Path, state: Any) -> OfframpError:
    torch.save(state, folder / "a.pth")
    with pytest.raises(OfframpError) as caught:
        read_weights(folder / "a.pth", FCN)
    return caught.value


def test_everything_that_does_not_fit_is_named_at_once(tmp_path: Path, state: Mapping[str, Tensor]) -> None:
    wrong = dict(state)
    del wrong["backbone.1.0.layer.0.bias"], wrong["exits.1.0.weight"], wrong["exits.1.0.bias"]
    wrong["backbone.0.layer.0.weight"] = torch.zeros(5, 1, 3, 3)
    wrong["exits.0.2.bias"] = torch.tensor([0.0] * 9 + [torch.nan])
    wrong["exits.0.2.weight"] = torch.zeros(10, 640, dtype=torch.int64)
    wrong["backbone.1.0.layer.0.running_mean"] = torch.zeros(10)
    wrong["exits.2.0.weight"] = torch.zeros(10, 84)
    wrong["exit_threshold"] = torch.tensor([0.5])
    error = refusal(tmp_path, wrong)
    assert isinstance(error, CheckpointMismatch)
    assert sorted(error.details) == sorted(
        [
            "superfluous: exit_threshold",
            "superfluous: exits.2.0.weight",
            "superfluous: backbone.1.0.layer.0.running_mean",
            "missing: trunks.1.conv0.bias [10], which would be backbone.1.0.layer.0.bias",
            "missing: heads.1.linear0.weight [10, 84]",
            "missing: heads.1.linear0.bias [10]",
            "misshapen: backbone.0.layer.0.weight is [5, 1, 3, 3], trunks.0.conv0.weight is [5, 1, 5, 5]",
            "of another type: exits.0.2.weight is torch.int64, heads.0.linear0.weight is torch.float32",
            "not finite: exits.0.2.bias",
        ]
    )
    assert "b_lenet_fcn; expected a tensor for each parameter" in str(error)
    assert "found 9 that are not" in str(error)


def test_a_layer_too_many_or_too_few_is_found_by_its_shape(
    tmp_path: Path, state: Mapping[str, Tensor]
) -> None:
    more = dict(state) | {
        "backbone.1.0.9.weight": torch.zeros(7, 7, 3, 3),
        "backbone.1.0.9.bias": torch.zeros(7),
    }
    assert set(refusal(tmp_path, more).details) == {
        "superfluous: backbone.1.0.9.weight",
        "superfluous: backbone.1.0.9.bias",
    }
    less = {name: value for name, value in state.items() if "backbone.1.0" not in name}
    assert set(refusal(tmp_path, less).details) == {
        "missing: trunks.1.conv0.weight [10, 5, 5, 5]",
        "missing: trunks.1.conv0.bias [10]",
    }


class Harmful:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return print, ("this was run",)


OTHERS: dict[str, tuple[Any, type[OfframpError], str]] = {
    "a number": (3, ArtifactError, "expected a state dict of tensors; found int. Save model.state_dict"),
    "no tensor": ({"state_dict": {"a": 1}}, ArtifactError, "tensors; found values without one"),
    "other names": ({"fc.weight": torch.ones(1)}, CheckpointMismatch, "names that begin with backbone.0"),
    "a module": (nn.Linear(1, 1), ArtifactError, "cannot be read; expected a state dict .*Save model.state"),
    "code": ({"a": Harmful()}, ArtifactError, "cannot be read; expected a state dict"),
    "a text for a tensor": (
        {"backbone.0.weight": "x", "exits.0.weight": torch.ones(1)},
        CheckpointMismatch,
        "backbone.0.weight is str",
    ),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_files_that_hold_something_else(
    tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    content, error, words = OTHERS[kind]
    torch.save(content, tmp_path / "a.pth")
    with pytest.raises(error, match=words):
        read_weights(tmp_path / "a.pth", FCN)
    assert capsys.readouterr().out == ""


def test_files_that_are_none_of_pytorch(tmp_path: Path, state: Mapping[str, Tensor]) -> None:
    torch.save(state, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    torch.save(state, tmp_path / "cut.pth")
    (tmp_path / "cut.pth").write_bytes((tmp_path / "cut.pth").read_bytes()[:-100])
    (tmp_path / "text.pth").write_text("no weights")
    for name in ("old.pth", "cut.pth", "text.pth", "gone.pth"):
        with pytest.raises(ArtifactError, match=r"weights .*(cannot be read|is missing).*1\.6 or later"):
            read_weights(tmp_path / name, FCN)


def test_a_checkpoint_of_offramp_gives_its_weights_for_other_bits(digits: Dataset) -> None:
    file = hw_models.shipped.path("b_lenet_fcn", "mnist", QuantConfig())
    weights = read_weights(file, FCN)
    assert weights.unit == 256
    net = build_quantized(FCN, QuantConfig(weight_bits=8, act_bits=8))
    net.load_float(weights.state)
    before, after = Checkpoint.read(file).build().unquantised(), net.unquantised()
    for name, value in before.items():
        assert torch.allclose(after[name], value, atol=1e-6), name
    with pytest.raises(BadOption, match="--weights-unit of a checkpoint of Offramp; expected 256; found 255"):
        read_weights(file, FCN, unit=255)
    with pytest.raises(CheckpointMismatch, match="of another model"):
        read_weights(file, hw_models.get("b_lenet_se"))


def test_a_quantised_network_is_calibrated_and_nearly_as_good(
    tmp_path: Path, trained: EarlyExitNet, state: Mapping[str, Tensor], digits: Dataset
) -> None:
    torch.save(state, tmp_path / "a.pth")
    weights = read_weights(tmp_path / "a.pth", FCN, unit=256)
    before = accuracies(exit_logits(trained, digits.test), digits.test.labels)
    assert min(before) > 0.7
    quant = QuantConfig(weight_bits=8, act_bits=8)
    options = recipe("digits", "final")
    checkpoint = train(FCN, quant, digits, options, tmp_path / "run", weights=weights)
    after = checkpoint.details["metrics"]["test"]["exit_accuracy"]
    assert max(abs(a - b) for a, b in zip(before, after, strict=True)) < 0.02
    kept, given = checkpoint.build().state_dict(), state["backbone.1.0.layer.0.weight"]
    assert torch.equal(kept["trunks.1.conv0.bias"], state["backbone.1.0.layer.0.bias"])
    error = (kept["trunks.1.conv0.weight"] - given).abs().mean()
    assert error < 0.01 * given.abs().mean(), "quantised with 8 bits, not trained"
    card = json.loads((tmp_path / "run" / "checkpoint.json").read_text())
    assert "epochs" not in card["reproduce"]
    assert card["reproduce"].endswith("--act-bits 8 --weights WEIGHTS --weights-unit 256")
    assert card["weights"] == {"sha256": weights.sha256, "unit": 256}
    with pytest.raises(CheckpointMismatch, match="holds another training; expected weights None"):
        train(FCN, quant, digits, options, tmp_path / "run")


def test_weights_are_trained_further_if_asked(
    tmp_path: Path, state: Mapping[str, Tensor], few_digits: Dataset
) -> None:
    torch.save(state, tmp_path / "a.pth")
    weights = read_weights(tmp_path / "a.pth", FCN)
    options = recipe("digits", "trained", epochs=1, batch=25, average=0.0)
    assert (options.float_epochs, options.epochs) == (0, 1)
    checkpoint = train(FCN, QuantConfig(), few_digits, options, tmp_path / "run", weights=weights)
    assert checkpoint.details["epochs"] == {"float": 0, "quantized": 1}
    card = json.loads((tmp_path / "run" / "checkpoint.json").read_text())
    assert card["reproduce"].endswith(
        "--seed 0 --epochs 1 --batch 25 --average 0.0 --weights WEIGHTS --weights-unit 255"
    )
    assert not torch.equal(checkpoint.state["trunks.1.conv0.weight"], weights.state["trunks.1.conv0.weight"])


def test_the_command_takes_them(
    tmp_path: Path, state: Mapping[str, Tensor], capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save(state, tmp_path / "a.pth")
    words = ["train", "b_lenet_fcn", f"--weights={tmp_path / 'a.pth'}", f"--out={tmp_path / 'run'}", "-q"]
    assert run(words) == 0
    found = Checkpoint.load(tmp_path / "run" / "train")
    assert torch.equal(found.state["heads.1.linear0.bias"], state["exits.1.0.bias"])
    assert found.details["weights"]["unit"] == 255
    assert run([*words, "--weights-unit=256"]) == 0
    found = Checkpoint.load(tmp_path / "run" / "train")
    assert found.details["weights"]["unit"] == 256
    torch.save({name: state[name] for name in list(state)[:-2]}, tmp_path / "a.pth")
    capsys.readouterr()
    assert run(words) == 2
    assert capsys.readouterr().err.splitlines()[-2:] == [
        "  missing: heads.1.linear0.weight [10, 84]",
        "  missing: heads.1.linear0.bias [10]",
    ]
    assert Checkpoint.load(tmp_path / "run" / "train").digest == found.digest
