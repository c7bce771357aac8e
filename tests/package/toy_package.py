"""The package of the toy stages, for a board with a serial port, with DMAs, or with rings in its memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hw_models import Conv, Flatten, Linear, NetworkSpec, QuantConfig
from tests.chip.toy import accelerators
from tests.runtime import toy
from toolkit.boards import board
from toolkit.data import DatasetInfo
from toolkit.exits import ExitPolicy
from toolkit.package import BoardPackage, build_package
from toolkit.package.build import BuiltBitstream
from toolkit.train.checkpoint import Checkpoint

HEAD = (Flatten(), Linear(3))
NET = NetworkSpec("toy", toy.SHAPE, 3, ((Conv(2, 1),), (Conv(2, 1),)), (HEAD, HEAD), (1.0, 1.0))
POLICY = ExitPolicy(criterion="margin", thresholds=(4.0,), scales=(0.25,), classes=3)
CLASSES = ("ant", "bee", "cat")
DATA = DatasetInfo(name="made-up", digest="d" * 64, classes=CLASSES, shape=toy.SHAPE, images={})


def golden(images: np.ndarray) -> np.ndarray:
    """Logits of both exits, int64 [2, N, 3]."""
    first, maps = toy.compute(0, images.transpose(0, 2, 3, 1).reshape(len(images), toy.ELEMENTS))
    return np.stack([first, toy.compute(1, maps)[0]])


def packed(
    folder: Path, target: str = "ulx3s-85f", policy: ExitPolicy = POLICY, built: bool = True
) -> BoardPackage:
    """Write the package to ``folder / "out"``."""
    (out := folder / "out").mkdir()
    images = toy.images(60)
    (bit := folder / f"{target}.bit").write_bytes(b"bits")
    (folder / f"{target}.hwh").write_bytes(b"hardware")
    checkpoint = Checkpoint(NET, "made-up", "d" * 64, QuantConfig(), {})
    bitstream = BuiltBitstream(bit, f"load {bit.name}") if built else None
    stages = accelerators(folder / "stages")
    return build_package(
        checkpoint, DATA, stages, policy, images, golden(images), board(target), bitstream, out
    )
