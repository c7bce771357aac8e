"""How far PyTorch and golden agree: always for power-of-two scales, nearly always for float ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from hw_models.network import PIXEL_SCALE
from hw_models.quantized import QuantEarlyExitNet
from toolkit.core.errors import NothingCompared
from toolkit.export import ExitGraphs
from toolkit.verify.golden import DEFAULT_BATCH, Golden


@dataclass(frozen=True)
class Agreement:
    """PyTorch against golden at one exit.

    Attributes:
        exit: index of the exit.
        frames: frames compared.
        logits: logits compared, ``frames`` times the number of classes.
        differing_logits, differing_frames: integers that differ, and frames with any such.
        differing_classes: frames whose class (first largest logit) differs.
    """

    exit: int
    frames: int
    logits: int
    differing_logits: int
    differing_frames: int
    differing_classes: int


@torch.no_grad()
def torch_logits(
    net: QuantEarlyExitNet, scales: Sequence[float], images: np.ndarray, batch: int = DEFAULT_BATCH
) -> list[np.ndarray]:
    """Logits of the PyTorch network in whole steps of ``scales``, int64 [N, classes] per exit.

    Args:
        net: runs on the CPU in evaluation mode; left as it was.
        scales: real value of one logit step per exit (``graph.output.scale``).
        images: uint8 [N, C, H, W].
    """
    training = net.training
    net.eval()
    parts = []
    try:
        for start in range(0, len(images), batch):
            x = torch.from_numpy(images[start : start + batch].astype(np.float32)) * PIXEL_SCALE
            parts.append([logits.double().numpy() for logits in net(x)])
    finally:
        net.train(training)
    return [
        np.rint(np.concatenate([part[k] for part in parts]) / scale).astype(np.int64)
        for k, scale in enumerate(scales)
    ]


def compare_torch(net: QuantEarlyExitNet, graphs: ExitGraphs, images: np.ndarray) -> tuple[Agreement, ...]:
    """Count where PyTorch and golden differ, per exit.

    Args:
        net: the network that was exported.
        graphs: its export.
        images: uint8 [N, C, H, W].

    Raises:
        NothingCompared: no images.
    """
    if len(images) == 0:
        raise NothingCompared("PyTorch against golden", expected="at least one image", found="none")
    results = []
    found = torch_logits(net, [path.output.scale for path in graphs.paths], images)
    for k, (path, logits) in enumerate(zip(graphs.paths, found, strict=True)):
        golden = Golden(path).run(images)
        differs = golden != logits
        classes = golden.argmax(axis=1) != logits.argmax(axis=1)
        results.append(
            Agreement(
                exit=k,
                frames=len(images),
                logits=golden.size,
                differing_logits=int(differs.sum()),
                differing_frames=int(differs.any(axis=1).sum()),
                differing_classes=int(classes.sum()),
            )
        )
    return tuple(results)
