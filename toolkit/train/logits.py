"""The outputs of a network for every image of a split."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from hw_models.network import EarlyExitNet
from toolkit.data import Split
from toolkit.train.batches import Batches


@torch.inference_mode()
def exit_logits(net: EarlyExitNet, split: Split, batch: int = 1000) -> list[npt.NDArray[np.float32]]:
    """Return the logits of every exit for every image in evaluation mode, float32 [N, classes] per exit."""
    device = next(net.parameters()).device
    training = net.training
    net.eval()
    rows = [[exit_.cpu() for exit_ in net(images.to(device))] for images, _ in Batches(split, batch)]
    net.train(training)
    return [torch.cat(exit_).numpy() for exit_ in zip(*rows, strict=True)]
