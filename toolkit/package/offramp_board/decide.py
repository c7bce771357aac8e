"""The exit criteria on integers: tables and limits come from the package, so there is no floating point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def leaves(rule: Mapping[str, Any], logits: np.ndarray) -> np.ndarray:
    """Return which frames leave, bool [N], given int64 logits [N, classes]."""
    return _RULES[rule["criterion"]](rule, logits)


def _top1(rule: Mapping[str, Any], logits: np.ndarray) -> np.ndarray:
    return _sum(rule["exp_table"], _below_best(logits)) <= rule["sum_max"]


def _margin(rule: Mapping[str, Any], logits: np.ndarray) -> np.ndarray:
    best = np.sort(logits, axis=1)
    return best[:, -1] - best[:, -2] >= rule["margin_min"]


def _entropy(rule: Mapping[str, Any], logits: np.ndarray) -> np.ndarray:
    below = _below_best(logits)
    total, weighted = _sum(rule["exp_table"], below), _sum(rule["weighted_table"], below)
    return (weighted << rule["fraction_bits"]) <= total * (rule["threshold"] - _logarithm(rule, total))


def _logarithm(rule: Mapping[str, Any], total: np.ndarray) -> np.ndarray:
    """Return 2^F ln(total / 2^F): octave, table entry of the next bits, then linear interpolation."""
    logs, octaves = np.array(rule["log_table"], np.int64), np.array(rule["octave_table"], np.int64)
    one = 1 << rule["fraction_bits"]
    fine = rule["fraction_bits"] - (len(logs) - 1).bit_length() + 1
    octave = np.searchsorted(one << np.arange(1, len(octaves)), total, side="right")
    mantissa = (total >> octave) - one
    index, rest = mantissa >> fine, mantissa & ((1 << fine) - 1)
    return octaves[octave] + logs[index] + (((logs[index + 1] - logs[index]) * rest) >> fine)


def _below_best(logits: np.ndarray) -> np.ndarray:
    return logits.max(axis=1, keepdims=True) - logits


def _sum(table: Sequence[int], differences: np.ndarray) -> np.ndarray:
    entries = np.array(table, np.int64)
    inside = differences < len(entries)
    return np.where(inside, entries[np.where(inside, differences, 0)], 0).sum(axis=1)


_RULES = {"top1": _top1, "margin": _margin, "entropy": _entropy}
