"""Regression: the output is a value, in the units of the labels.

An output of 1 stands for 256 units, as a pixel of 256 would: so outputs of the usual size are labels of a few
hundred. The host multiplies the integer of the hardware by its scale; no more is done to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from hw_models.task import FORMS, TaskName
from toolkit.tasks.result import Readout, Score, ScoreChart, ScoreLine, TaskResult, Told
from toolkit.tasks.task import Frames, Task

if TYPE_CHECKING:
    from torch import Tensor

UNITS = 2**8
"""Units of the labels in an output of 1."""
Floats = npt.NDArray[np.float64]
_SCORES = (
    ("r2", "R², the share of the labels' variance that is explained", "{:.3f}"),
    ("rmse", "root mean square error, in units of the labels", "{:.1f}"),
    ("mae", "mean absolute error", "{:.1f}"),
    ("mape", "mean absolute error as a share of the label", "{:.1%}"),
    ("largest_error", "largest error", "{:.1f}"),
    ("mse", "mean square error", "{:,.1f}"),
)
"""Name, meaning and format of each figure, the most important first."""


class RegressionTask(Task):
    """Labels are values, whole numbers; data have no classes."""

    name: ClassVar[TaskName] = "regression"
    monitored: ClassVar[str] = "val_loss"
    better: ClassVar[Literal["max", "min"]] = "min"
    reads: ClassVar[bool] = True

    def classes(self, outputs: int) -> int:
        """Return 0."""
        return 0

    def loss(self, outputs: Tensor, images: Tensor, labels: Tensor) -> Tensor:
        """Return the mean square error; 1 is the square of 256 units."""
        return self.divergence(outputs, labels[:, None].to(outputs) / UNITS)

    def divergence(self, outputs: Tensor, taught: Tensor) -> Tensor:
        """Return the mean square of the difference."""
        from torch.nn import functional

        return functional.mse_loss(outputs, taught)

    def validation(self, frames: Frames, exit_rate: float) -> dict[str, float]:
        """Return the root mean square error, in units."""
        return {"val_rmse": _figures(_values(frames), frames.split.labels)["rmse"]}

    def card(self, frames: dict[str, Frames], exit_rate: float) -> dict[str, Any]:
        """Return the errors of each split."""
        return {
            "metrics": {
                name: {"images": len(found.split), **_figures(_values(found), found.split.labels)}
                for name, found in frames.items()
            }
        }

    def headline(self, metrics: Mapping[str, Any]) -> str:
        """Return R² and the root mean square error."""
        known = [("R²", metrics.get("r2"), ".3f"), ("root mean square error", metrics.get("rmse"), ".1f")]
        return ", ".join(f"{what} {value:{form}}" for what, value, form in known if value is not None)

    def readout(self, frames: Frames, scale: float, checkpoint: str, false_alarms: float) -> Readout:
        """Take the root mean square error of the calibration split, which says how far values may be off."""
        error = _figures(_values(frames), frames.split.labels)["rmse"]
        return Readout(
            task=self.name, checkpoint=checkpoint, scale=scale, frames=len(frames.split), error=error
        )

    def words(self, readout: Readout) -> str:
        """Return the error on the calibration split."""
        return f"root mean square error {readout.error:.1f} on {readout.frames:,} calibration frames"

    def tell(self, image: npt.NDArray[np.uint8], outputs: npt.NDArray[np.int64], readout: Readout) -> Told:
        """Return the value, and how far such values are off in the mean."""
        value = float(outputs[0]) * readout.scale * UNITS
        words = f"{value:.1f} (root mean square error {readout.error:.1f})"
        return Told(None, words, {"value": value, "rmse": readout.error})

    def result(self, frames: Frames, readout: Readout) -> TaskResult:
        """Compare the values for test frames with their labels."""
        values, labels = _values(frames), frames.split.labels
        known = _figures(values, labels)
        first, *more = (Score.of(name, what, form, known[name]) for name, what, form in _SCORES)
        return TaskResult(
            says=(
                "The output is a value: the integer of the hardware times its scale, in units of the labels",
                f"On the {readout.frames:,} frames of the calibration split its root mean square error is "
                f"{readout.error:.1f}, which is what classify prints beside a value",
            ),
            headline=first,
            scores=tuple(more),
            charts=(_chart(values, labels),),
            left_out=FORMS[self.name].one_exit,
        )


def _values(frames: Frames) -> Floats:
    """Return the outputs as values in units, float64 [N]."""
    return frames.exits[-1][:, 0].astype(np.float64) * UNITS


def _figures(values: Floats, labels: npt.NDArray[np.int64]) -> dict[str, float]:
    """Return the errors of values [N] by name; R² is 0 where all labels are one."""
    import torch
    from torchmetrics.functional.regression import (
        mean_absolute_error,
        mean_absolute_percentage_error,
        mean_squared_error,
        r2_score,
    )

    found, truth = torch.from_numpy(values), torch.from_numpy(labels.astype(np.float64))
    mse = float(mean_squared_error(found, truth))
    return {
        "r2": float(r2_score(found, truth)) if len(np.unique(labels)) > 1 else 0.0,
        "rmse": mse**0.5,
        "mae": float(mean_absolute_error(found, truth)),
        "mape": float(mean_absolute_percentage_error(found, truth)),
        "largest_error": float(np.abs(values - labels).max()),
        "mse": mse,
    }


def _chart(values: Floats, labels: npt.NDArray[np.int64]) -> ScoreChart:
    """Return the values over the labels."""
    ends = (float(labels.min()), float(labels.max()))
    points = ScoreLine(label="test frames", x=tuple(map(float, labels)), y=tuple(values.tolist()))
    return ScoreChart(
        title="Values and labels",
        x="label",
        y="value",
        style="points",
        lines=(points, ScoreLine(label="no error", x=ends, y=ends, reference=True)),
    )
