"""Recomputes the constants of an exit policy, its error bounds and its decisions from their definition.

The definition is that of ``docs/exits.md``, computed with 60 decimal digits and with integers of any size;
``toolkit.exits`` computes in binary64 and int64.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from math import ceil, floor, log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.core.errors import VerificationMismatch
from toolkit.exits import ExitPolicy
from toolkit.exits.rules import IntegerRule

Ints = NDArray[np.int64]
Constants = dict[str, Any]
"""Numbers and tables by the names of :meth:`IntegerRule.constants`."""
_DIGITS = 60
_LOG_BITS = 8
_NOISE = 1e-9
"""Share by which a bound may exceed the recomputed one, for the rounding of the score in binary64."""


def require_decision(policy: ExitPolicy, golden: Sequence[Ints]) -> int:
    """Compare constants, error bounds and answers of a policy with recomputed ones.

    Args:
        policy: exit policy.
        golden: golden logits of every exit, integers [N, classes].

    Returns:
        Number of compared values.

    Raises:
        VerificationMismatch: a value differs; names exit, constant and place, or frame, and both values.
    """
    compared, known = 0, [constants(rule) for rule in policy.rules]
    for k, (rule, wanted) in enumerate(zip(policy.rules, known, strict=True)):
        compared += _require_constants(k, wanted, rule.constants())
        bound = error_bound(rule)
        if not float(bound) <= rule.score_bound <= float(bound) * (1 + _NOISE) + _float_part(rule):
            raise VerificationMismatch(
                f"error bound of exit {k} ({rule.criterion})", expected=float(bound), found=rule.score_bound
            )
        compared += 1
    answers = policy.answer(golden)
    for frame, rows in enumerate(zip(*(one.tolist() for one in golden), strict=True)):
        exit_, label = _answer(rows, known, policy.groups)
        found = int(answers.exits[frame]), int(answers.classes[frame])
        if found != (exit_, label):
            raise VerificationMismatch(
                f"decision on frame {frame}",
                expected=f"exit {exit_}, class {label}",
                found=f"exit {found[0]}, class {found[1]}",
            )
    return compared + 2 * len(answers.exits)


def constants(rule: IntegerRule) -> Constants:
    """Return the constants of a rule: only its criterion, threshold, scale, classes and widths are read."""
    one, bits = 1 << rule.fraction_bits, rule.logit_bits
    with localcontext(prec=_DIGITS):
        scale = Decimal(rule.scale)
        if rule.criterion == "margin":
            steps = ceil(Fraction(rule.threshold) / Fraction(rule.scale))
            return {"logit_bits": bits, "margin_min": min(steps, 1 << bits)}
        found: Constants = {"logit_bits": bits, "fraction_bits": rule.fraction_bits}
        found["exp_table"] = _decaying(lambda d: one * (-d * scale).exp(), bits)
        if rule.criterion == "top1":
            return found | {"sum_max": _sum_max(rule)}
        index_bits = min(rule.fraction_bits, _LOG_BITS)
        entries, octaves = range((1 << index_bits) + 1), range(rule.classes.bit_length())
        found["weighted_table"] = _decaying(lambda d: one * d * scale * (-d * scale).exp(), bits)
        found["log_table"] = [_nearest(one * (1 + Decimal(i) / (1 << index_bits)).ln()) for i in entries]
        found["octave_table"] = [_nearest(one * k * Decimal(2).ln()) for k in octaves]
        return found | {"threshold": _entropy_limit(rule, found)}


def _sum_max(rule: IntegerRule) -> int:
    one = 1 << rule.fraction_bits
    if rule.threshold == 1:
        return one - 1
    if rule.threshold <= 1 / rule.classes:  # all leave, also where binary64 rounds 1 / C upwards
        return rule.classes * one
    return floor(one / Fraction(rule.threshold))


def _entropy_limit(rule: IntegerRule, found: Constants) -> int:
    """Return E; at the end where all frames leave it only has to exceed every L(S) by the most W can be."""
    one, largest = 1 << rule.fraction_bits, log(rule.classes)
    if rule.threshold == 0:
        return -1
    if rule.threshold >= largest:
        logs, octaves = found["log_table"], found["octave_table"]
        return octaves[-1] + logs[-1] + rule.classes * one
    return round(Fraction(rule.threshold) * one)


def _decaying(entry: Callable[[int], Decimal], logit_bits: int) -> list[int]:
    """Return the entries up to the last that is not 0, at least one; they fall once they are below 1/2."""
    table, d = [_nearest(entry(0))], 1
    rising = True
    while d < 1 << logit_bits:
        value = entry(d)
        rising = rising and value > entry(d - 1)
        if not rising and value < Decimal("0.25"):
            break
        table.append(_nearest(value))
        d += 1
    while len(table) > 1 and table[-1] == 0:
        table.pop()
    return table


def _nearest(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_HALF_EVEN))


def error_bound(rule: IntegerRule) -> Decimal:
    """Return the error bound of a rule without the rounding of the score in binary64."""
    one, classes, t = Decimal(1 << rule.fraction_bits), rule.classes, Decimal(rule.threshold)
    with localcontext(prec=_DIGITS):
        n = Decimal(classes - 1) / (2 * one)
        if rule.criterion == "margin":
            return Decimal(0)
        if rule.criterion == "top1":
            return min(Decimal(1), n * t * t / (1 - n * t)) if n * t < 1 else Decimal(1)
        steep = max(Decimal(1), _lambert(Decimal(classes - 1) / Decimal(1).exp()))
        steps = Decimal("1.5") + (classes > 2)
        if rule.fraction_bits > _LOG_BITS:
            steps += 1 + Decimal(2) ** (rule.fraction_bits - 2 * _LOG_BITS - 3)
        return min(Decimal(classes).ln(), n * (1 + steep) + steps / one)


def _lambert(x: Decimal) -> Decimal:
    """Return w with w exp(w) = x, for x > 0, by Newton's method."""
    w = (1 + x).ln()
    for _ in range(60):
        w -= (w * w.exp() - x) / (w.exp() * (w + 1))
    return w


def _float_part(rule: IntegerRule) -> float:
    """Return the most that the rounding of the score in binary64 may add to a bound."""
    return 1e-12 + 16 * rule.classes * rule.scale * 2.0 ** (rule.logit_bits - 52)


def _require_constants(k: int, wanted: Constants, found: Constants) -> int:
    if wanted.keys() != found.keys():
        raise VerificationMismatch(f"constants of exit {k}", expected=sorted(wanted), found=sorted(found))
    compared = 0
    for name, value in wanted.items():
        one, other = ([v] if isinstance(v, int) else v for v in (value, found[name]))
        if len(one) != len(other):
            raise VerificationMismatch(f"entries of {name} of exit {k}", expected=len(one), found=len(other))
        for i, (left, right) in enumerate(zip(one, other, strict=True)):
            if left != right:
                place = f", entry {i}" if isinstance(value, list) else ""
                raise VerificationMismatch(f"{name} of exit {k}{place}", expected=left, found=right)
        compared += len(one)
    return compared


def _answer(rows: Sequence[list[int]], known: Sequence[Constants], groups: int) -> tuple[int, int]:
    """Return exit and answer of one frame from the constants alone; of equal logits the lowest class."""
    for k, (row, own) in enumerate(zip(rows, known, strict=False)):
        if all(_leaves(group, own) for group in _groups(row, groups)):
            return k, _label(row, groups)
    return len(rows) - 1, _label(rows[-1], groups)


def _groups(row: list[int], groups: int) -> list[list[int]]:
    size = len(row) // groups
    return [row[start : start + size] for start in range(0, len(row), size)]


def _label(row: list[int], groups: int) -> int:
    """Return the classes of the groups as the digits of a number."""
    label = 0
    for group in _groups(row, groups):
        label = label * len(group) + group.index(max(group))
    return label


def _leaves(row: list[int], own: Constants) -> bool:
    best = max(row)
    below = [best - value for value in row]
    if "margin_min" in own:
        return sorted(below)[1] >= own["margin_min"]
    total = sum(own["exp_table"][d] for d in below if d < len(own["exp_table"]))
    if "sum_max" in own:
        return total <= own["sum_max"]
    bits, logs = own["fraction_bits"], own["log_table"]
    weighted = sum(own["weighted_table"][d] for d in below if d < len(own["weighted_table"]))
    octave = total.bit_length() - 1 - bits
    fine = bits - (len(logs) - 1).bit_length() + 1
    index, rest = divmod((total >> octave) - (1 << bits), 1 << fine)
    log = own["octave_table"][octave] + logs[index]
    if rest:
        log += (logs[index + 1] - logs[index]) * rest >> fine
    return weighted << bits <= total * (own["threshold"] - log)
