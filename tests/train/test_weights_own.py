"""Weights of a user's own network, under the names of its modules."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from hw_models.floating import build_float
from hw_models.network import PIXEL_SCALE
from hw_models.spec import Conv, Flatten, Linear, MaxPool, NetworkSpec, Relu
from toolkit.core.errors import CheckpointMismatch
from toolkit.train.weights import read_weights


class Mine(nn.Module):
    """A user's own network; its modules stand in another order than they are called in."""

    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Linear(8, 3)
        self.backbone = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2))
        self.early = nn.Linear(8, 3, bias=False)
        self.second = nn.Conv2d(2, 2, 1)

    def forward(self, x: Tensor) -> list[Tensor]:
        x = self.backbone(x)
        return [self.early(x.flatten(1)), self.last(self.second(x).relu().flatten(1))]


MINE = NetworkSpec(
    "Mine",
    (1, 6, 6),
    3,
    ((Conv(2, 3), Relu(), MaxPool(2)), (Conv(2, 1), Relu())),
    ((Flatten(), Linear(3, bias=False)), (Flatten(), Linear(3))),
    (1.0, 1.0),
)
MODULES = {
    "trunk0.conv0": "backbone.0",
    "head0.linear0": "early",
    "trunk1.conv0": "second",
    "head1.linear0": "last",
}


@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod."])
def test_a_users_own_names_are_read(tmp_path: Path, prefix: str) -> None:
    net = Mine().eval()
    state = {f"{prefix}{name}": value for name, value in net.state_dict().items()}
    torch.save({"state_dict": state, "epoch": 3}, tmp_path / "mine.pt")
    found = read_weights(tmp_path / "mine.pt", MINE, modules=MODULES)
    assert found.unit == 255
    same = build_float(MINE)
    same.load_state_dict(dict(found.state))
    pixels = torch.randint(0, 256, (5, 1, 6, 6)).float()
    for mine, theirs in zip(same(pixels * PIXEL_SCALE), net(pixels / 255), strict=True):
        assert torch.allclose(mine, theirs, atol=1e-5)
    assert read_weights(tmp_path / "mine.pt", MINE, 256, MODULES).unit == 256


def test_what_is_wrong_with_a_users_own_names_is_named(tmp_path: Path) -> None:
    state = Mine().state_dict()
    del state["early.weight"]
    state["second.weight"] = torch.zeros(2, 2, 3, 3)
    state["norm.weight"] = torch.zeros(2)
    state["last.scale"] = torch.zeros(2)
    torch.save(state, tmp_path / "mine.pt")
    with pytest.raises(CheckpointMismatch) as error:
        read_weights(tmp_path / "mine.pt", MINE, modules=MODULES)
    assert sorted(error.value.details) == [
        "misshapen: second.weight is [2, 2, 3, 3], trunks.1.conv0.weight is [2, 2, 1, 1]",
        "missing: heads.0.linear0.weight [3, 8], which would be early.weight",
        "superfluous: last.scale",
        "superfluous: norm.weight",
    ]


def test_offramps_own_names_will_do_for_a_users_network(tmp_path: Path) -> None:
    state = build_float(MINE).state_dict()
    torch.save(state, tmp_path / "ours.pt")
    found = read_weights(tmp_path / "ours.pt", MINE, modules=MODULES)
    assert found.unit == 256
    assert all(torch.equal(found.state[name], value) for name, value in state.items())
