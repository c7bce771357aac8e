"""Accuracy of the backbone trained without early exits, for comparison with the last exit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hw_models import NetworkSpec, QuantConfig, shipped

if TYPE_CHECKING:
    from toolkit.data import Dataset


def shipped_backbone(network: NetworkSpec, dataset: str, quant: QuantConfig) -> Path | None:
    """Return the shipped checkpoint of a network without its early exits; None if there is none."""
    return None if network.exits == 1 else shipped.find(network.backbone(), dataset, quant)


def accuracy_alone(
    network: NetworkSpec, quant: QuantConfig, dataset: Dataset, frames: int
) -> tuple[float | None, str]:
    """Evaluate the backbone trained alone on the first ``frames`` test images.

    Returns:
        Accuracy as a share and its source; None and the reason if no checkpoint of it ships.

    Raises:
        ArtifactError, CheckpointMismatch: the shipped checkpoint is damaged, or is of another network.
    """
    from toolkit.data import Split
    from toolkit.tasks.accuracy import accuracies
    from toolkit.train.checkpoint import Checkpoint
    from toolkit.train.logits import exit_logits

    if network.exits == 1:
        return None, "this network has no early exit"
    alone = network.backbone()
    path = shipped_backbone(network, dataset.name, quant)
    if path is None:
        return None, f"no checkpoint of {alone.name} ships for {dataset.name}, {quant.key()}"
    checkpoint = Checkpoint.read(path)
    checkpoint.require(alone, dataset.name, quant)
    if checkpoint.dataset_digest != dataset.digest:
        # With a split by another seed, it may have been trained with some of these test images.
        return None, f"the shipped checkpoint {path.name} was trained on another split of {dataset.name}"
    test = Split(dataset.test.images[:frames], dataset.test.labels[:frames])
    (accuracy,) = accuracies(exit_logits(checkpoint.build(), test), test.labels, alone.groups)
    return accuracy, f"shipped checkpoint {path.name}, PyTorch"
