"""Exit criteria on integer logits: decisions that are bit for bit the same in software and in a circuit.

With d_i = best logit - logit i, F fraction bits and tables T[d] ~ 2^F exp(-d * scale), U[d] ~ 2^F d * scale *
exp(-d * scale) and L(S) ~ 2^F ln(S / 2^F) interpolated in a third table, a frame leaves if

* ``top1``: S = sum T[d_i] <= ``sum_max``;
* ``entropy``: 2^F * sum U[d_i] <= S * (``threshold`` - L(S));
* ``margin``: best - second best >= ``margin_min``.

Of logits in several groups each must say so. There is no division, no rounding and no floating point in a
decision: equal logits, equal decisions. Formats, special thresholds and the proofs of the error bounds are in
``docs/exits.md``.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.special import lambertw

from toolkit.core.errors import BadOption, DataError, RangeExceeded
from toolkit.core.groups import MOST_GROUPS
from toolkit.exits.criteria import CONTRACT_BITS, Bools, criterion_named
from toolkit.exits.tables import Table, exp_table, log_table, octave_table, weighted_table

Ints = npt.NDArray[np.int64]

MIN_FRACTION_BITS, MAX_FRACTION_BITS = 4, 16
DEFAULT_FRACTION_BITS = 14
LOG_BITS = 8


@dataclass(frozen=True)
class IntegerRule(ABC):
    """The decision rule of one exit; made by :func:`integer_rule`.

    Attributes:
        criterion: name of the criterion, as in ``CRITERIA``.
        threshold: real threshold, taken as the exact value of its binary64.
        scale: real value of one integer step of the logits.
        classes: number of logits of a group.
        fraction_bits: fraction bits of the tables.
        logit_bits: width of the signed logits in bits.
        groups: number of groups of logits per frame.
    """

    criterion: str
    threshold: float
    scale: float
    classes: int
    fraction_bits: int
    logit_bits: int
    groups: int = 1

    def leaves(self, logits: npt.ArrayLike) -> Bools:
        """Return which frames leave.

        Args:
            logits: integers [N, groups * classes].

        Returns:
            bool [N].

        Raises:
            DataError: not integers, or another shape.
            RangeExceeded: a logit that ``logit_bits`` cannot hold.
        """
        rows = integer_logits(logits, self.groups * self.classes, self.logit_bits)
        sure = self._decide(rows.reshape(-1, self.classes)).reshape(-1, self.groups)
        return np.asarray(sure.all(axis=1))

    @property
    @abstractmethod
    def score_bound(self) -> float:
        """Distance of the float score from the threshold beyond which both decisions agree.

        The float score is the criterion in binary64 on ``logits * scale``, of the least sure group.
        """

    @abstractmethod
    def constants(self) -> dict[str, int | list[int]]:
        """Return the constants of a circuit: tables, widths and the limit of the comparison."""

    @abstractmethod
    def _decide(self, logits: Ints) -> Bools:
        """Return which rows would leave, bool [N], for checked logits [N, classes], a group in each."""

    @property
    def _exp(self) -> Table:
        return exp_table(self.scale, self.fraction_bits, 1 << self.logit_bits)

    @property
    def _one(self) -> int:
        return 1 << self.fraction_bits

    @property
    def _sum_error(self) -> float:
        """Largest error of a table's sum: half a step for each class but the best."""
        return (self.classes - 1) / (2 * self._one)

    @property
    def _float_error(self) -> float:
        """Error of a difference of two binary64 logits; a product with a power of two is exact."""
        if math.frexp(self.scale)[0] == 0.5:
            return 0.0
        return self.scale * 2.0 ** (self.logit_bits - 52)

    @property
    def _float_noise(self) -> float:
        """Relative error of exp, a sum over the classes and a division in binary64."""
        return (self.classes + 16) * 2.0**-52


class Top1Rule(IntegerRule):
    """The largest softmax probability p = 2^F / S, so p >= t is S <= 2^F / t."""

    @cached_property
    def sum_max(self) -> int:
        """Floor of 2^F / t; at t = 1 no frame leaves, at t <= 1 / classes all do."""
        # The ends are special: no probability reaches 1, and binary64 may round 1 / classes upwards.
        if self.threshold >= 1:
            return self._one - 1
        if self.threshold <= 1 / self.classes:
            return self.classes * self._one  # no S is larger
        return math.floor(self._one / Fraction(self.threshold))

    @property
    def score_bound(self) -> float:
        t, error = self.threshold, self._sum_error
        table = error * t * t / (1 - error * t) if error * t < 1 else 1.0
        return min(1.0, table + 2 * self._float_error + self._float_noise)

    def constants(self) -> dict[str, int | list[int]]:
        return {
            "logit_bits": self.logit_bits,
            "fraction_bits": self.fraction_bits,
            "exp_table": self._exp.tolist(),
            "sum_max": self.sum_max,
        }

    def _decide(self, logits: Ints) -> Bools:
        return _sum(self._exp, _below_best(logits)) <= self.sum_max


class EntropyRule(IntegerRule):
    """Entropy H = ln A + Y / A, with A = sum e_i and Y = sum x_i e_i; H <= t is Y <= A (t - ln A)."""

    @cached_property
    def limit(self) -> int:
        """Threshold 2^F t, rounded half to even; for t = 0 no frame leaves, for t = ln C all do."""
        # The ends are special, since rounding of the tables could let a frame leave at 0 or stay at ln C.
        if self.threshold == 0:
            return -1
        if self.threshold >= math.log(self.classes):
            most = int(self._octaves[-1] + self._log[-1])
            return most + self.classes * self._one
        return round(Fraction(self.threshold) * self._one)

    @property
    def score_bound(self) -> float:
        steep = max(1.0, float(lambertw((self.classes - 1) / math.e).real))  # the largest Y / A there is
        steps = 1.5 + (self.classes > 2)
        if self._fine_bits:
            steps += 1 + 2.0 ** (self.fraction_bits - 2 * LOG_BITS - 3)
        table = self._sum_error * (1 + steep) + steps / self._one
        noise = 2 * steep * self._float_error + 2 * self._float_noise * (1 + math.log(self.classes))
        return min(math.log(self.classes), table + noise)

    def constants(self) -> dict[str, int | list[int]]:
        return {
            "logit_bits": self.logit_bits,
            "fraction_bits": self.fraction_bits,
            "exp_table": self._exp.tolist(),
            "weighted_table": self._weighted.tolist(),
            "log_table": self._log.tolist(),
            "octave_table": self._octaves.tolist(),
            "threshold": self.limit,
        }

    @property
    def _weighted(self) -> Table:
        return weighted_table(self.scale, self.fraction_bits, 1 << self.logit_bits)

    @property
    def _log(self) -> Table:
        return log_table(self.fraction_bits, self.fraction_bits - self._fine_bits)

    @property
    def _fine_bits(self) -> int:
        """Number of low bits of a sum that interpolate between two entries of the table of logarithms."""
        return max(0, self.fraction_bits - LOG_BITS)

    @property
    def _octaves(self) -> Table:
        return octave_table(self.fraction_bits, self.classes.bit_length())

    def _decide(self, logits: Ints) -> Bools:
        below = _below_best(logits)
        total, weighted = _sum(self._exp, below), _sum(self._weighted, below)
        return (weighted << self.fraction_bits) <= total * (self.limit - self._logarithm(total))

    def _logarithm(self, total: Ints) -> Ints:
        """Return 2^F ln(total / 2^F): octave, table entry of the next bits, then linear interpolation."""
        octave = np.searchsorted(self._one << np.arange(1, len(self._octaves)), total, side="right")
        mantissa = (total >> octave) - self._one
        index, rest = mantissa >> self._fine_bits, mantissa & ((1 << self._fine_bits) - 1)
        entry = self._log[index]
        slope = self._log[index + 1] - entry
        return self._octaves[octave] + entry + ((slope * rest) >> self._fine_bits)


class MarginRule(IntegerRule):
    """Best logit minus second best, in steps: exact for every scale."""

    @cached_property
    def margin_min(self) -> int:
        """Ceiling of t / scale, limited to 2**logit_bits, which no difference reaches."""
        return min(math.ceil(Fraction(self.threshold) / Fraction(self.scale)), 1 << self.logit_bits)

    @property
    def score_bound(self) -> float:
        return self._float_error

    def constants(self) -> dict[str, int | list[int]]:
        return {"logit_bits": self.logit_bits, "margin_min": self.margin_min}

    def _decide(self, logits: Ints) -> Bools:
        best = np.partition(logits, -2, axis=1)
        return best[:, -1] - best[:, -2] >= self.margin_min


_RULES: dict[str, type[IntegerRule]] = {"top1": Top1Rule, "entropy": EntropyRule, "margin": MarginRule}


def integer_rule(
    criterion_name: str,
    threshold: float,
    scale: float,
    classes: int,
    *,
    fraction_bits: int = DEFAULT_FRACTION_BITS,
    logit_bits: int | None = None,
    groups: int = 1,
) -> IntegerRule:
    """Return the rule of one exit.

    Args:
        criterion_name: "top1", "entropy" or "margin".
        threshold: real threshold in the criterion's range.
        scale: real value of one integer step of the logits.
        classes: number of logits of a group, at least 2.
        fraction_bits: fraction bits of the tables, 4 to 16; not used by "margin".
        logit_bits: width of the signed logits, 2 to 25; None for 25, the numeric contract's range.
        groups: number of groups of logits per frame.

    Raises:
        UnknownName: no such criterion.
        BadOption: any other argument out of its range, or a scale too fine for a table.
    """
    criterion_named(criterion_name).check(threshold, classes)
    check_scale(scale)
    bits = CONTRACT_BITS if logit_bits is None else logit_bits
    for what, value, low, high in (
        ("fraction bits", fraction_bits, MIN_FRACTION_BITS, MAX_FRACTION_BITS),
        ("logit bits", bits, 2, CONTRACT_BITS),
        ("groups", groups, 1, MOST_GROUPS),
    ):
        if not (isinstance(value, int) and low <= value <= high):
            raise BadOption(what, expected=f"a whole number from {low} to {high}", found=value)
    rule = _RULES[criterion_name](
        criterion_name, float(threshold), scale, classes, fraction_bits, bits, groups
    )
    rule.constants()  # builds the tables now, so that a scale too fine for them is refused here
    return rule


def check_scale(scale: float) -> None:
    """Check the scale of logits.

    Raises:
        BadOption: it is not a finite number above 0.
    """
    if not (math.isfinite(scale) and scale > 0):
        raise BadOption("logit scale", expected="a finite number above 0", found=scale)


def integer_logits(logits: npt.ArrayLike, classes: int, logit_bits: int | None = None) -> Ints:
    """Check logits and return them as int64 [N, classes].

    Raises:
        DataError: not integers, or another shape.
        RangeExceeded: a value that a signed integer of ``logit_bits`` (None: 25) bits cannot hold.
    """
    array = np.asarray(logits)
    if not np.issubdtype(array.dtype, np.integer):
        raise DataError("logits", expected="integers", found=array.dtype)
    if array.ndim != 2 or array.shape[1] != classes:
        raise DataError("logits", expected=f"shape [frames, {classes}]", found=array.shape)
    bits = CONTRACT_BITS if logit_bits is None else logit_bits
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    if array.size and (int(array.min()) < low or int(array.max()) > high):
        raise RangeExceeded(
            f"logits of {bits} bits",
            expected=f"{low} to {high}",
            found=f"{array.min()} to {array.max()}",
            fix="Declare the width that the exported graph has.",
        )
    return array.astype(np.int64, copy=False)


def _below_best(logits: Ints) -> Ints:
    return logits.max(axis=1, keepdims=True) - logits


def _sum(table: Table, differences: Ints) -> Ints:
    """Return the sum of the table's entries per frame, int64 [N]; beyond its end the table is 0."""
    inside = differences < len(table)
    return np.where(inside, table[np.where(inside, differences, 0)], 0).sum(axis=1)
