"""Reconstruction: outputs are the input again, and a frame that comes out otherwise is an anomaly.

The host computes the error, as :mod:`toolkit.tasks.anomalies` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from hw_models.task import TaskName
from toolkit.core.errors import DataError
from toolkit.data import Split
from toolkit.tasks.anomalies import errors, figures, judged
from toolkit.tasks.result import Readout, TaskResult, Told
from toolkit.tasks.task import Frames, Task

if TYPE_CHECKING:
    from torch import Tensor


class ReconstructionTask(Task):
    """The first of two classes are the normal frames: these alone are fitted, all others are anomalies."""

    name: ClassVar[TaskName] = "reconstruction"
    monitored: ClassVar[str] = "val_loss"
    better: ClassVar[Literal["max", "min"]] = "min"
    reads: ClassVar[bool] = True

    def classes(self, outputs: int) -> int:
        """Return 2: normal, and not."""
        return 2

    def fitted(self, split: Split) -> Split:
        """Return the normal frames; raises DataError if there are none."""
        normal = split.labels == 0
        if not normal.any():
            what = f"{len(normal):,} frames to fit a reconstruction to"
            raise DataError(what, expected="some of the data's first class, which are normal", found="none")
        return split if normal.all() else Split(split.images[normal], split.labels[normal])

    def loss(self, outputs: Tensor, images: Tensor, labels: Tensor) -> Tensor:
        """Return the mean square error; 1 is the square of 256 grey levels."""
        return self.divergence(outputs, images.flatten(1))

    def divergence(self, outputs: Tensor, taught: Tensor) -> Tensor:
        """Return the mean square of the difference."""
        from torch.nn import functional

        return functional.mse_loss(outputs, taught)

    def validation(self, frames: Frames, exit_rate: float) -> dict[str, float]:
        """Return nothing: the loss is the metric, and among normal frames there is nothing to tell apart."""
        return {}

    def card(self, frames: dict[str, Frames], exit_rate: float) -> dict[str, Any]:
        """Return the mean square errors of each split, and how well they tell anomalies apart."""
        return {"metrics": {name: self._figures(found) for name, found in frames.items()}}

    def headline(self, metrics: Mapping[str, Any]) -> str:
        """Return how well anomalies are told apart, and the error of normal frames."""
        area, error = metrics.get("auroc"), metrics.get("mse_normal")
        found = {} if area is None else {"area under the ROC curve": f"{area:.3f}"}
        found |= {} if error is None else {"mean square error of normal frames": f"{error:.1f}"}
        return ", ".join(f"{what} {value}" for what, value in found.items())

    def readout(self, frames: Frames, scale: float, checkpoint: str, false_alarms: float) -> Readout:
        """Choose the smallest threshold above which no more than a share of the normal frames are."""
        measure = np.sort(errors(frames.exits[-1], frames.split.images))
        threshold = float(measure[len(measure) - 1 - int(false_alarms * len(measure))])
        return Readout(
            task=self.name,
            checkpoint=checkpoint,
            scale=scale,
            threshold=threshold,
            false_alarms=false_alarms,
            frames=len(measure),
            above=int((measure > threshold).sum()),
        )

    def words(self, readout: Readout) -> str:
        """Return the threshold and how it was chosen."""
        few = f"{readout.above:,} of {readout.frames:,} normal frames are above"
        return f"a mean square error above {readout.threshold:.1f} is an anomaly ({few})"

    def tell(self, image: npt.NDArray[np.uint8], outputs: npt.NDArray[np.int64], readout: Readout) -> Told:
        """Compare the error with the threshold."""
        (measure,) = errors(outputs[None] * readout.scale, image[None]).tolist()
        anomaly = measure > readout.threshold
        words = (
            f"mean square error {measure:.1f}, {'above' if anomaly else 'not above'} {readout.threshold:.1f}"
        )
        return Told(int(anomaly), words, {"mse": measure, "threshold": readout.threshold})

    def result(self, frames: Frames, readout: Readout) -> TaskResult:
        """Judge the errors of test frames: the curve, and the verdicts at the threshold."""
        measure = errors(frames.exits[-1], frames.split.images)
        return judged(measure, frames.split.labels != 0, readout)

    def _figures(self, frames: Frames) -> dict[str, Any]:
        (outputs,), labels = frames.exits, frames.split.labels
        return {"images": len(labels), **figures(errors(outputs, frames.split.images), labels != 0)}
