"""The thresholds from which calibration chooses, and rows of thresholds as users give them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import BadOption
from toolkit.exits.criteria import Criterion, Floats, criterion_named

_DECIMALS = 6
_WIDEST, _STEPS = 16.0, 320


def threshold_grid(criterion: str, classes: int, scales: Sequence[float]) -> tuple[float, ...]:
    """Return thresholds from the safest, at which no frame leaves, to the boldest, at which all do.

    In between are the scores of frames whose best logit exceeds all others by 16, 15.95, ... 0.05, rounded to
    six decimals: the grid is dense where thresholds are strict. It does not depend on data, as a guarantee
    requires.
    """
    kind = criterion_named(criterion)
    margins = np.linspace(_WIDEST, 0, _STEPS, endpoint=False)
    inner = [round(kind.at_margin(float(margin), classes), _DECIMALS) for margin in margins]
    boldest = kind.highest(classes) if kind.sign == "<=" else 0.0
    safest = _safest(kind, scales)
    # Margins that no logits of these scales reach are not bolder than the safest.
    bolder = [one for one in inner if (one < safest if kind.sign == ">=" else one > safest)]
    return tuple(dict.fromkeys((safest, *bolder, boldest)))


def threshold_rows(criterion: str, scales: Sequence[float], thresholds: npt.ArrayLike) -> Floats:
    """Return policies after one at which no frame leaves, float64 [T, early].

    Args:
        criterion: name of the criterion.
        scales: real value of one integer step of the logits, one per early exit.
        thresholds: [T, early], or [T] with one threshold for all early exits; safest first.

    Raises:
        UnknownName: no such criterion.
        BadOption: another order, or not a threshold per early exit.
    """
    kind, early = criterion_named(criterion), len(scales)
    rows = np.asarray(thresholds, dtype=np.float64)
    if rows.ndim < 2:
        rows = np.repeat(rows.reshape(-1, 1), early, axis=1)
    safest = np.full((1, early), _safest(kind, scales))
    if rows.shape[1:] == (early,):
        rows = np.concatenate([safest, rows[(rows != safest).any(axis=1)]])
        steps = np.diff(rows, axis=0) if kind.sign == "<=" else -np.diff(rows, axis=0)
        if (steps >= 0).all() and (steps > 0).any(axis=1).all():
            return rows
    raise BadOption(
        f"thresholds of {criterion}",
        expected="numbers, one per early exit, safest first, each once",
        found=np.asarray(thresholds).tolist(),
    )


def _safest(kind: type[Criterion], scales: Sequence[float]) -> float:
    return max(kind.safest(scale) for scale in scales)
