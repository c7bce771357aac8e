"""Sequences: each group of outputs names a character; frames leave when the least sure group is sure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from hw_models import NetworkSpec
from hw_models.task import TaskName
from toolkit.core.groups import answers_of, classes_of
from toolkit.tasks.accuracy import combine
from toolkit.tasks.classification import ClassificationTask
from toolkit.tasks.task import Frames

if TYPE_CHECKING:
    from torch import Tensor


class SequenceTask(ClassificationTask):
    """A frame is right if all of its characters are."""

    name: ClassVar[TaskName] = "sequence"
    one_class: ClassVar[bool] = False

    def of(self, network: NetworkSpec) -> Self:
        """Return the task with the groups of a network."""
        found = type(self)()
        found.groups = network.groups
        return found

    def classes(self, outputs: int) -> int:
        """Return the number of outputs of a group."""
        return outputs // self.groups

    def loss(self, outputs: Tensor, images: Tensor, labels: Tensor) -> Tensor:
        """Return the cross entropy, in the mean over the groups."""
        from torch.nn import functional

        return functional.cross_entropy(self._grouped(outputs), self._characters(outputs, labels).flatten())

    def right(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """Return of which frames every character is right."""
        found = self._grouped(outputs).argmax(dim=1).view(len(labels), self.groups)
        return (found == self._characters(outputs, labels)).all(dim=1)

    def divergence(self, outputs: Tensor, taught: Tensor) -> Tensor:
        """Return the divergence of softened predictions, in the mean over the groups."""
        return super().divergence(self._grouped(outputs), self._grouped(taught))

    def _grouped(self, outputs: Tensor) -> Tensor:
        """Return the outputs of each group as a row, [N * groups, classes]."""
        return outputs.reshape(-1, self.classes(outputs.shape[1]))

    def _characters(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """Return the class of each group, int64 [N, groups]."""
        found = classes_of(labels.cpu().numpy(), self.groups, self.classes(outputs.shape[1]))
        return labels.new_tensor(found)

    def _figures(self, frames: Frames, thresholds: tuple[float, ...]) -> dict[str, Any]:
        labels = frames.split.labels
        found = [answers_of(exit_, self.groups) for exit_ in frames.exits]
        base = self.classes(frames.exits[-1].shape[1])
        wanted = classes_of(labels, self.groups, base)
        right = [(classes_of(one, self.groups, base) == wanted).mean(axis=1) for one in found]
        left = combine(frames.exits, labels, thresholds, self.groups).left
        mixed = np.stack(right)[left, np.arange(len(labels))]
        return {
            **super()._figures(frames, thresholds),
            "character_accuracy": [float(one.mean()) for one in right],
            "combined_character_accuracy": float(mixed.mean()),
        }

    def headline(self, metrics: Mapping[str, Any]) -> str:
        """Return the combined accuracies of sequences and characters, and who leaves where."""
        found, characters = super().headline(metrics), metrics.get("combined_character_accuracy")
        return f"{found}, {characters:.2%} of the characters" if found and characters else found
