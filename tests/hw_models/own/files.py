"""Files of users: an early-exit network in the manner of the documentation, and what is changed in it."""

from __future__ import annotations

from pathlib import Path

from hw_models.description import OwnNetwork
from hw_models.own import Images, OwnReference
from hw_models.own.network import read

DIGITS = Images("digits", (1, 28, 28), 10)

NET = """
import torch
from torch import nn
from torch.nn import functional as F

import toolkit as offramp


class MyNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(1, 4, 5, stride=2), nn.ReLU(), nn.MaxPool2d(2))
        self.early = nn.Linear(4 * 6 * 6, 10)
        self.second = nn.Conv2d(4, 8, 3)
        self.last = nn.Linear(8 * 4 * 4, 10)

    def forward(self, x):
        x = self.first(x)
        early = self.early(torch.flatten(x, 1))
        x = self.second(x).relu()
        return [early, self.last(torch.flatten(x, 1))]
"""
"""``MyNet``, with an exit after ``first``."""

PLAIN = """
def plain():
    first, second = nn.Conv2d(1, 4, 3, 2), nn.Conv2d(4, 8, 3, 2)
    return nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
"""
"""A network without exits."""


def written(folder: Path, text: str, *changes: tuple[str, str]) -> Path:
    """Write ``my_net.py``, with parts of its text replaced."""
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (file := folder / "my_net.py").write_text(text)
    return file


def described(
    folder: Path, text: str, *changes: tuple[str, str], name: str = "MyNet", images: Images = DIGITS
) -> OwnNetwork:
    """Describe the network in such a file."""
    return read(OwnReference.of(f"{written(folder, text, *changes)}:{name}"), images)
