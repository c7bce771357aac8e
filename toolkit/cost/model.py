"""The incremental model: fitted to measured rows in log space, with errors from leave-one-out tests."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from scipy.optimize import least_squares

from toolkit.boards import Board
from toolkit.core.errors import BadOption
from toolkit.cost.figures import Energy
from toolkit.cost.forms import FORMS, Form
from toolkit.cost.rows import MeasuredRows, Products, Row, mlperf

_NETWORKS = 3
_SPREAD = 4.0
"""Fewer networks, or a smaller ratio of their largest to smallest mean bit product, cannot select a form."""


@dataclass(frozen=True)
class Miss:
    """The error of the model for one row.

    Attributes:
        row: board and network.
        measured_uj: geometric mean of the row's range.
        fitted: predicted / measured, fitted with this row.
        without_row: predicted / measured, fitted to all other rows; None if there are none.
        without_network: predicted / measured, fitted to rows of all other networks; None if there are none.
        factor: larger error of the two, against the farther end of the row's range, as a factor of at least
            1; None if there is neither.
    """

    row: str
    measured_uj: float
    fitted: float
    without_row: float | None
    without_network: float | None
    factor: float | None


@dataclass(frozen=True)
class IncrementalModel:
    """Energy of a frame above idle: ``scale_pj * sum(macs * width)``.

    Attributes:
        form: form of the width.
        scale_pj: energy of a product of width 1, in pJ.
        second: exponent or offset of the form; None if it has none.
        family: family of the boards that it is valid for.
        misses: leave-one-out error of each row.
        factor: a figure may be too high or too low by this factor, the largest of ``misses``.
        fitted_to: description of the rows.
    """

    form: Form
    scale_pj: float
    second: float | None
    family: str
    misses: tuple[Miss, ...]
    factor: float
    fitted_to: str

    @property
    def formula(self) -> str:
        """The formula with its fitted parameters."""
        second = "" if self.second is None else f", {self.form.letter} = {self.second:.3f}"
        return f"{self.scale_pj:.3g} pJ * {self.form.formula}{second}"

    @property
    def source(self) -> str:
        """Formula, rows and error, as the source of every figure."""
        error = f"rows left out are missed by up to x{self.factor:.2f}"
        return f"{self.formula}; fitted to {self.fitted_to}; {error}"

    def energy(self, products: Sequence[Products], board: Board) -> Energy | None:
        """Estimate the incremental energy of a frame, in µJ; None on a board of another family than the rows.

        Raises:
            BadOption: there are no products.
        """
        if not products:
            raise BadOption("products of a network", expected="at least one layer", found=0)
        if board.family != self.family:
            return None
        value = 1e-6 * self.scale_pj * math.exp(self.form.log_sum(products, self.second or 0.0))
        return Energy(
            value=value,
            low=value / self.factor,
            high=value * self.factor,
            provenance="estimated",
            source=self.source,
        )


def fit(measured: MeasuredRows, forms: Sequence[Form] = FORMS) -> IncrementalModel:
    """Fit a model to measured rows.

    The form is the one with the smallest leave-one-row-out error (root mean square of logarithms), the first
    one if they are equal. Rows of few networks, or of similar bit widths, cannot select a form: then only the
    scale is fitted, to the form of the MLPerf rows, and the factor is at least theirs.
    """
    if _varied(measured):
        tried = [_Fit(form, measured) for form in forms]
        return tried[int(np.argmin([round(one.score(), 9) for one in tried]))].model()
    base = default_model()
    second = base.second or 0.0
    frozen = replace(base.form, width=lambda w, a, _: base.form.width(w, a, second), start=None)
    model = _Fit(frozen, measured).model(base.factor)
    fitted_to = f"{model.fitted_to}, form of {mlperf().name}"
    return replace(model, form=base.form, second=base.second, fitted_to=fitted_to)


def _varied(measured: MeasuredRows) -> bool:
    """Whether the rows can tell one form from another."""
    used = {row.network for row in measured.rows}
    means = [
        sum(layer.macs * layer.weight_bits * layer.activation_bits for layer in network.products)
        / sum(layer.macs for layer in network.products)
        for network in (measured.networks[name] for name in used)
    ]
    return len(used) >= _NETWORKS and max(means) >= _SPREAD * min(means)


@cache
def default_model() -> IncrementalModel:
    """Return the default model, fitted to the MLPerf Tiny rows."""
    return fit(mlperf())


class _Fit:
    """The fit of one form to one set of rows."""

    def __init__(self, form: Form, measured: MeasuredRows) -> None:
        self.form, self.measured, self.rows = form, measured, measured.rows

    def model(self, least_factor: float = 1.0) -> IncrementalModel:
        """Fit to all rows; the model's factor is at least ``least_factor``."""
        scale, second = self._parameters(self.rows)
        misses = tuple(self._miss(row) for row in self.rows)
        return IncrementalModel(
            self.form,
            1e6 * math.exp(scale),
            None if self.form.start is None else second,
            self.measured.family,
            misses,
            max([least_factor, *(miss.factor for miss in misses if miss.factor is not None)]),
            f"{len(self.rows)} rows of {self.measured.name}",
        )

    def score(self) -> float:
        """Return the root mean square of the leave-one-row-out errors, in logarithms."""
        errors = [self._error(row, [other for other in self.rows if other is not row]) for row in self.rows]
        return float(np.sqrt(np.mean(np.square(errors))))

    def _parameters(self, rows: Sequence[Row]) -> tuple[float, float]:
        """Fit the log of the scale (µJ per product of width 1) and the second parameter, in logarithms."""
        measured = np.log([row.middle_uj for row in rows])

        def offsets(second: float) -> np.ndarray:
            sums = [self.form.log_sum(self.measured.products(row), second) for row in rows]
            return np.asarray(measured - np.array(sums))

        second = self.form.start or 0.0
        if self.form.start is not None:
            # For any second parameter the best scale is the mean, so one unknown is left.
            found = least_squares(lambda p: offsets(p[0]) - offsets(p[0]).mean(), [second], bounds=(-10, 10))
            second = float(found.x[0])
        return float(offsets(second).mean()), second

    def _error(self, row: Row, rows: Sequence[Row]) -> float:
        """Return the log of predicted / measured for one row, fitted to others."""
        scale, second = self._parameters(rows)
        predicted = scale + self.form.log_sum(self.measured.products(row), second)
        return predicted - math.log(row.middle_uj)

    def _miss(self, row: Row) -> Miss:
        others = [other for other in self.rows if other is not row]
        foreign = [other for other in self.rows if other.network != row.network]
        errors = [self._error(row, rows) if self._enough(rows) else None for rows in (others, foreign)]
        half = math.log(row.incremental_uj.high / row.incremental_uj.low) / 2
        worst = max((abs(error) + half for error in errors if error is not None), default=None)
        ratios = [None if error is None else math.exp(error) for error in errors]
        return Miss(
            row.label,
            row.middle_uj,
            math.exp(self._error(row, self.rows)),
            ratios[0],
            ratios[1],
            None if worst is None else math.exp(worst),
        )

    def _enough(self, rows: Sequence[Row]) -> bool:
        return len({row.network for row in rows}) >= self.form.free
