"""Errors of reconstructed frames: the measure, the ROC curve, and verdicts at a threshold.

The measure of a frame is the mean square of input minus output, in squares of grey levels. With scales that
are powers of two no sum of it is rounded.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hw_models.task import FORMS
from toolkit.tasks.result import Readout, Score, ScoreChart, ScoreLine, TaskResult
from toolkit.tasks.task import Outputs

GREY_LEVELS = 2**8
"""Grey levels in 1: an input pixel p stands for p * 2**-8, see :data:`hw_models.network.PIXEL_SCALE`."""
_BINS = 40
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
_SCORES = (
    ("auroc", "area under the ROC curve", "{:.3f}"),
    ("false_alarms", "of the normal frames are called anomalies", "{:.1%}"),
    ("found", "of the anomalies are called so", "{:.1%}"),
    ("mse_normal", "mean square error of normal frames", "{:.1f}"),
    ("mse_anomalous", "mean square error of anomalies", "{:.1f}"),
)
"""Name, meaning and format of each figure."""


def errors(outputs: Outputs, images: npt.NDArray[np.uint8]) -> Floats:
    """Return the mean square of input minus output of each frame, float64 [N], in squares of grey levels.

    Args:
        outputs: [N, C * H * W], in the order of an image's elements.
        images: [N, C, H, W].
    """
    found = images.reshape(len(images), -1) - outputs.astype(np.float64) * GREY_LEVELS
    return np.square(found).mean(axis=1)


def figures(measure: Floats, anomalous: Bools) -> dict[str, float]:
    """Return mean errors of normal frames and of anomalies, and the area under the ROC curve, by name.

    Args:
        measure: error of each frame, float64 [N].
        anomalous: which of the frames are anomalies, bool [N].
    """
    found = {
        name: float(measure[mine].mean())
        for name, mine in (("mse_normal", ~anomalous), ("mse_anomalous", anomalous))
        if mine.any()
    }
    return {**found, "auroc": auroc(measure, anomalous)} if len(found) == 2 else found


def auroc(measure: Floats, anomalous: Bools) -> float:
    """Return the probability that an anomaly's error exceeds that of a normal frame, ties counted half."""
    import torch
    from torchmetrics.functional.classification import binary_auroc

    scores, truth = _ranked(measure, anomalous)
    return float(binary_auroc(torch.from_numpy(scores), torch.from_numpy(truth)))


def _ranked(measure: Floats, anomalous: Bools) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Return ranks from 0 to 1 in place of errors: torchmetrics squashes what is above 1."""
    _, ranks = np.unique(measure, return_inverse=True)
    return ranks / max(1, int(ranks.max())), anomalous.astype(np.int64)


def roc(measure: Floats, anomalous: Bools) -> tuple[Floats, Floats]:
    """Return the ROC curve: shares of normal frames and of anomalies above each threshold, largest first."""
    import torch
    from torchmetrics.functional.classification import binary_roc

    scores, truth = _ranked(measure, anomalous)
    normal, found, _ = binary_roc(torch.from_numpy(scores), torch.from_numpy(truth))
    return normal.double().numpy(), found.double().numpy()


def judged(measure: Floats, anomalous: Bools, readout: Readout) -> TaskResult:
    """Judge the errors of test frames.

    Args:
        measure: error of each frame, float64 [N].
        anomalous: which of the frames are anomalies, bool [N].
    """
    above = measure > readout.threshold
    scores = _scores(measure, anomalous, above)
    return TaskResult(
        says=(
            "The outputs are the input again. The host takes the mean square of input minus output, in "
            "squares of grey levels, from the integers of the hardware",
            f"Above {readout.threshold:.1f} a frame is called an anomaly: the smallest threshold above which "
            f"at most {readout.false_alarms:.1%} of the {readout.frames:,} normal frames of the calibration "
            f"split are ({readout.above:,}). No test frame had a part in it",
        ),
        headline=scores[0],
        scores=tuple(scores[1:]),
        charts=(*_roc_chart(measure, anomalous, above), _spread(measure, anomalous, readout.threshold)),
        left_out=FORMS[readout.task].one_exit,
    )


def _scores(measure: Floats, anomalous: Bools, above: Bools) -> list[Score]:
    """Return the figures that are known, the most important first; without anomalies there are fewer."""
    known = figures(measure, anomalous)
    shares = {"false_alarms": ~anomalous, "found": anomalous}
    known |= {name: float(above[mine].mean()) for name, mine in shares.items() if mine.any()}
    return [Score.of(name, what, form, known[name]) for name, what, form in _SCORES if name in known]


def _roc_chart(measure: Floats, anomalous: Bools, above: Bools) -> tuple[ScoreChart, ...]:
    """Return the ROC curve; none where there are frames of one kind alone."""
    if anomalous.all() or not anomalous.any():
        return ()
    normal, found = roc(measure, anomalous)
    chance = ScoreLine(label="chance", x=(0.0, 1.0), y=(0.0, 1.0), reference=True)
    curve = ScoreLine(label="test frames", x=tuple(normal.tolist()), y=tuple(found.tolist()))
    return (
        ScoreChart(
            title="ROC curve",
            x="share of normal frames above a threshold",
            y="share of anomalies above it",
            lines=(curve, chance),
            mark=float(above[~anomalous].mean()),
            mark_says="threshold",
        ),
    )


def _spread(measure: Floats, anomalous: Bools, threshold: float) -> ScoreChart:
    """Count the frames with errors between limits that grow by factors."""
    low = max(1e-3, min(float(measure.min()), threshold))
    edges = np.geomspace(low, max(float(measure.max()), threshold, 2 * low), _BINS + 1)
    inside = np.clip(measure, edges[0], edges[-1])
    lines = []
    for label, mine in (("normal", ~anomalous), ("anomalies", anomalous)):
        counts, _ = np.histogram(inside[mine], edges)
        lines.append(
            ScoreLine(label=label, x=tuple(edges.tolist()), y=tuple(map(float, [*counts, counts[-1]])))
        )
    return ScoreChart(
        title="Errors of the frames",
        x="mean square error, squares of grey levels",
        y="frames",
        style="steps",
        log=True,
        lines=tuple(lines),
        mark=threshold,
        mark_says="threshold",
    )
