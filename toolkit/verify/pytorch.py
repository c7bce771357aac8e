"""Runs the PyTorch network and returns its logits as integers, for comparison with golden execution."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from hw_models.network import PIXEL_SCALE
from hw_models.quantized import QuantEarlyExitNet
from toolkit.verify.golden import DEFAULT_BATCH


@torch.no_grad()
def torch_logits(
    net: QuantEarlyExitNet, scales: Sequence[float], images: np.ndarray, batch: int = DEFAULT_BATCH
) -> list[np.ndarray]:
    """Return the logits of the PyTorch network as integers, int64 [N, classes] per exit.

    Args:
        net: network, run on the CPU in evaluation mode; its mode is restored.
        scales: real value of one integer step of the logits, per exit (``graph.output.scale``).
        images: uint8 [N, C, H, W].
        batch: frames per batch.
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
