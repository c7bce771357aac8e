"""Residual blocks in a user's network: how they may be written, and sums that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from hw_models import Conv, Relu
from hw_models.residual import Residual
from tests.hw_models.own.files import described
from toolkit.core.errors import BadOption, UnsupportedOperator

RESNET = """
import torch
from torch import nn
from torch.nn import functional as F


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride=1):
        super().__init__()
        self.one = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.two = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Identity() if stride == 1 else nn.Conv2d(inputs, outputs, 1, stride)

    def forward(self, x):
        y = F.relu(self.norm1(self.one(x)))
        y = self.norm2(self.two(y))
        return F.relu(y + self.shortcut(x))


class MyNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 4, 3, 2, 1)
        self.stack1 = Block(4, 4)
        self.early = nn.Linear(4 * 14 * 14, 10)
        self.stack2 = Block(4, 6, 2)
        self.last = nn.Linear(6 * 7 * 7, 10)

    def forward(self, x):
        x = F.relu(self.first(x))
        x = self.stack1(x)
        early = self.early(torch.flatten(x, 1))
        x = self.stack2(x)
        return [early, self.last(torch.flatten(x, 1))]
"""


def test_a_resnet_is_taken(tmp_path: Path) -> None:
    own = described(tmp_path, RESNET)
    (conv, relu, one, also), (two, last) = own.network.trunks
    assert isinstance(conv, Conv)
    assert relu == also == last == Relu()
    assert isinstance(one, Residual)
    assert isinstance(two, Residual)
    assert [layer.kind for layer in one.main] == ["conv", "norm", "relu", "conv", "norm"]
    assert one.shortcut == ()
    assert two.shortcut == (Conv(6, (1, 1), (0, 0), (2, 2)),)
    assert own.modules["trunk0p1m.conv1"] == "stack1.two"
    assert own.modules["trunk1p0m.norm0"] == "stack2.norm1"
    assert own.modules["trunk1p0s.conv0"] == "stack2.shortcut"


@pytest.mark.parametrize(
    "written",
    [
        "F.relu(self.shortcut(x) + y)",
        "F.relu(torch.add(y, self.shortcut(x)))",
        "F.relu(y.add(self.shortcut(x)))",
        "F.relu(y.add_(self.shortcut(x)))",
        "F.relu(self.sum(y, x))\n\n    def sum(self, y, x):\n        y += self.shortcut(x)\n        return y",
    ],
)
def test_a_sum_may_be_written_in_many_ways(tmp_path: Path, written: str) -> None:
    found = described(tmp_path, RESNET, ("F.relu(y + self.shortcut(x))", written))
    assert found == described(tmp_path, RESNET)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (
            "F.relu(torch.cat([y, self.shortcut(x)]))",
            "cat (my_net.py:19): a branch that is no residual: only the",
        ),
        (
            "F.relu(y * self.shortcut(x))",
            "mul (my_net.py:19): a branch that is no residual: only the sum of two",
        ),
        (
            "F.relu(torch.add(y, x, alpha=2))",
            "add (my_net.py:19): a branch that is no residual: only the sum",
        ),
        ("F.relu(x + x)", "add (my_net.py:19)"),
        ("F.relu(y + F.relu(x) + x)", "add (my_net.py:19): a residual inside a residual"),
        (
            "F.relu(y + y[:, :1])",
            "add (my_net.py:19): a branch that is no residual: maps of 4x14x14 and 1x14x14",
        ),
        ("F.relu(y + torch.ones(1))", "add (my_net.py:19)"),
    ],
)
def test_sums_that_are_no_residuals_are_named_with_their_place(
    tmp_path: Path, written: str, words: str
) -> None:
    with pytest.raises(UnsupportedOperator) as error:
        described(tmp_path, RESNET, ("F.relu(y + self.shortcut(x))", written))
    said = [one.replace(f"{tmp_path}/", "") for one in error.value.details]
    assert any(one.startswith(words) for one in said), said


def test_an_exit_inside_a_block_is_refused(tmp_path: Path) -> None:
    change = (
        ("return F.relu(y + self.shortcut(x))", "self.seen = y\n        return F.relu(y + self.shortcut(x))"),
        ("early = self.early(torch.flatten(x, 1))", "early = self.early(torch.flatten(self.stack1.seen, 1))"),
    )
    with pytest.raises(BadOption, match=r"exit0 of MyNet; expected an exit in front of a residual block"):
        described(tmp_path, RESNET, *change)


def test_many_blocks_take_no_longer_each_than_a_few(tmp_path: Path) -> None:
    """Every block is looked at once, though the ways to later ones lead through it."""
    blocks = "".join(f"        x = self.block{i}(x)\n" for i in range(24))
    made = "".join(f"        self.block{i} = Block(4, 4)\n" for i in range(24))
    text = RESNET.replace("        x = self.stack1(x)\n", f"        x = self.stack1(x)\n{blocks}")
    text = text.replace("        self.early =", f"{made}        self.early =")
    (first, _) = described(tmp_path, text).network.trunks
    assert sum(isinstance(one, Residual) for one in first) == 25
