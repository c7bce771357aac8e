"""An exit rule worked out frame by frame in plain integers from its constants alone, as a circuit would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Constants = Mapping[str, int | list[int]]


def leaves(criterion: str, constants: Constants, logits: Sequence[int]) -> bool:
    """Whether a frame with these logits leaves."""
    best, second = sorted(logits, reverse=True)[:2]
    if criterion == "margin":
        return best - second >= number(constants, "margin_min")
    differences = [best - logit for logit in logits]
    total = sum(entry(constants, "exp_table", d) for d in differences)
    if criterion == "top1":
        return total <= number(constants, "sum_max")
    bits = number(constants, "fraction_bits")
    octave = total.bit_length() - 1 - bits
    fine = max(0, bits - 8)
    top, rest = divmod((total >> octave) - (1 << bits), 1 << fine)
    low, high = entry(constants, "log_table", top), entry(constants, "log_table", top + 1)
    logarithm = entry(constants, "octave_table", octave) + low + ((high - low) * rest >> fine)
    weighted = sum(entry(constants, "weighted_table", d) for d in differences)
    return weighted << bits <= total * (number(constants, "threshold") - logarithm)


def number(constants: Constants, name: str) -> int:
    value = constants[name]
    assert isinstance(value, int)
    return value


def entry(constants: Constants, name: str, index: int) -> int:
    table = constants[name]
    assert isinstance(table, list)
    return table[index] if index < len(table) else 0
