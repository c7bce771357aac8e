"""Classification: the largest output names the class; frames leave early when it is sure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from hw_models.task import TaskName
from toolkit.tasks.accuracy import accuracies, combine, thresholds_for
from toolkit.tasks.task import Frames, Task

if TYPE_CHECKING:
    from torch import Tensor

_TEMPERATURE = 2.0


class ClassificationTask(Task):
    """Outputs are logits, one per class."""

    name: ClassVar[TaskName] = "classification"
    monitored: ClassVar[str] = "val_combined"
    better: ClassVar[Literal["max", "min"]] = "max"
    one_class: ClassVar[bool] = True
    groups: int = 1
    """Groups of outputs, each of which names a class."""

    def classes(self, outputs: int) -> int:
        """Return the number of outputs."""
        return outputs

    def loss(self, outputs: Tensor, images: Tensor, labels: Tensor) -> Tensor:
        """Return the cross entropy."""
        from torch.nn import functional

        return functional.cross_entropy(outputs, labels)

    def right(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """Return which frames are classified as they are labelled."""
        return outputs.argmax(dim=1) == labels

    def divergence(self, outputs: Tensor, taught: Tensor) -> Tensor:
        """Return the Kullback-Leibler divergence of softened predictions (Hinton, arXiv 1503.02531)."""
        from torch.nn import functional

        return _TEMPERATURE**2 * functional.kl_div(
            (outputs / _TEMPERATURE).log_softmax(dim=1),
            (taught / _TEMPERATURE).log_softmax(dim=1),
            reduction="batchmean",
            log_target=True,
        )

    def validation(self, frames: Frames, exit_rate: float) -> dict[str, float]:
        """Return the combined accuracy at the exit rate.

        Thresholds for that rate come from the same data, which is good enough to rank epochs but not to
        report accuracy.
        """
        thresholds = thresholds_for(frames.exits, exit_rate, self.groups)
        return {"val_combined": combine(frames.exits, frames.split.labels, thresholds, self.groups).accuracy}

    def card(self, frames: dict[str, Frames], exit_rate: float) -> dict[str, Any]:
        """Return thresholds, accuracy per exit, combined accuracy and exit rates."""
        thresholds = thresholds_for(frames["calibration"].exits, exit_rate, self.groups)
        return {
            "criterion": "top1",
            "thresholds": list(thresholds),
            "thresholds_chosen": (
                "on the calibration split: the highest at which "
                f"{exit_rate:.1%} of the frames that reach an early exit leave there"
            ),
            "metrics": {name: self._figures(found, thresholds) for name, found in frames.items()},
        }

    def _figures(self, frames: Frames, thresholds: tuple[float, ...]) -> dict[str, Any]:
        labels = frames.split.labels
        result = combine(frames.exits, labels, thresholds, self.groups)
        return {
            "images": len(labels),
            "exit_accuracy": accuracies(frames.exits, labels, self.groups),
            "combined_accuracy": result.accuracy,
            "exit_rate": list(result.exit_rates),
            "accuracy_of_exited": [None if value != value else value for value in result.exited_accuracies],
        }

    def headline(self, metrics: Mapping[str, Any]) -> str:
        """Return the combined accuracy and who leaves where."""
        accuracy, rates = metrics.get("combined_accuracy"), metrics.get("exit_rate", [])
        leave = ", ".join(f"{rate:.1%} leave at exit {k}" for k, rate in enumerate(rates[:-1] or rates))
        return f"{accuracy:.2%} combined, {leave}" if accuracy and leave else ""
