"""The incremental model: fitted to measured rows in log space, and judged by rows it has not seen."""

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
"""Fewer networks, or a smaller ratio between their widest and narrowest mean bit product, fit no form."""


@dataclass(frozen=True)
class Miss:
    """How far the model misses one row it was fitted without.

    Attributes:
        row: board and network.
        measured_uj: geometric middle of the row's range.
        fitted: predicted / measured with the row in the fit.
        without_row: predicted / measured, fitted to all other rows; None: no other row.
        without_network: the same, fitted to the rows of all other networks; None: there is no other network.
        factor: the worst of the two, against the end of the row's range that is further away; at least 1.
            None if neither could be done.
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
        scale_pj: pJ per product of width 1.
        second: exponent or offset of the form; None if it has none.
        family: the boards it holds for.
        misses: leave-one-out, per row.
        factor: a figure may be this much too high or too low: the largest of ``misses``.
        fitted_to: the rows, in words.
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
        """The form with its parameters."""
        second = "" if self.second is None else f", {self.form.letter} = {self.second:.3f}"
        return f"{self.scale_pj:.3g} pJ * {self.form.formula}{second}"

    @property
    def source(self) -> str:
        """Form, rows and error, in words: they stand beside every figure."""
        error = f"rows left out are missed by up to x{self.factor:.2f}"
        return f"{self.formula}; fitted to {self.fitted_to}; {error}"

    def energy(self, products: Sequence[Products], board: Board) -> Energy | None:
        """Incremental energy of one frame, in µJ; None on a board of another family than the rows'.

        Raises:
            BadOption: no products.
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

    The form is the one with the least leave-one-row-out error (root mean square of logarithms), the first one
    if they are equal. Rows of few networks, or of bit widths that are all alike, say nothing about the form:
    then only the scale is fitted to them, and the factor is never less than that of the MLPerf rows.
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
    """The model that ships, fitted to the MLPerf Tiny rows."""
    return fit(mlperf())


class _Fit:
    """One form and one set of rows."""

    def __init__(self, form: Form, measured: MeasuredRows) -> None:
        self.form, self.measured, self.rows = form, measured, measured.rows

    def model(self, least_factor: float = 1.0) -> IncrementalModel:
        """The fit to all rows. ``least_factor``: what its factor is at least."""
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
        """Root mean square of the leave-one-row-out errors, in logarithms."""
        errors = [self._error(row, [other for other in self.rows if other is not row]) for row in self.rows]
        return float(np.sqrt(np.mean(np.square(errors))))

    def _parameters(self, rows: Sequence[Row]) -> tuple[float, float]:
        """Log of the scale (µJ per product of width 1) and second parameter, least squares in logarithms."""
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
        """Log of predicted / measured for one row, fitted to others."""
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
