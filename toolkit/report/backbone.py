"""The backbone trained alone: what early exits cost in accuracy before any frame leaves early."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import hw_models
from hw_models import QuantConfig, shipped

if TYPE_CHECKING:
    from toolkit.data import Dataset


def shipped_backbone(model: str, dataset: str, quant: QuantConfig) -> Path | None:
    """The shipped checkpoint of the same network without early exits, for these data and bits, if any."""
    if hw_models.get(model).exits == 1:
        return None
    path = shipped.path(hw_models.get(model).backbone().name, dataset, quant)
    return path if path.is_file() else None


def accuracy_alone(model: str, quant: QuantConfig, dataset: Dataset, frames: int) -> tuple[float | None, str]:
    """Accuracy of the backbone trained alone on the first ``frames`` test images, and where it comes from.

    Without one: None, and why.

    Raises:
        ArtifactError, CheckpointMismatch: the shipped file is not what its name says.
    """
    from toolkit.data import Split
    from toolkit.train.checkpoint import Checkpoint
    from toolkit.train.evaluate import accuracies, exit_logits

    spec = hw_models.get(model)
    if spec.exits == 1:
        return None, "this network has no early exit"
    name = spec.backbone().name
    path = shipped_backbone(model, dataset.name, quant)
    if path is None:
        return None, f"no checkpoint of {name} ships for {dataset.name}, {quant.key()}"
    checkpoint = Checkpoint.read(path)
    checkpoint.require(name, dataset.name, quant)
    if checkpoint.dataset_digest != dataset.digest:
        # Split by another seed, some test images would be images it was trained with.
        return None, f"the shipped checkpoint {path.name} was trained on another split of {dataset.name}"
    test = Split(dataset.test.images[:frames], dataset.test.labels[:frames])
    (accuracy,) = accuracies(exit_logits(checkpoint.build(), test), test.labels)
    return accuracy, f"shipped checkpoint {path.name}, PyTorch"
