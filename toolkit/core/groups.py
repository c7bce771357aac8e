"""Outputs in groups: the largest output of a group names its class, and all classes together are one answer.

An answer is an integer: the classes of its groups are its digits to base C, the first group's first. With one
group it is the class. So an answer is right if it equals its label, however many groups there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]

MOST_ANSWERS = 2**62
"""Answers that there may be: they are int64."""
MOST_GROUPS = 62
"""Groups that there may be, of two classes or more."""


def split_groups(outputs: npt.NDArray[Any], groups: int) -> npt.NDArray[Any]:
    """Return outputs [..., groups * C] as [..., groups, C]."""
    return outputs.reshape(*outputs.shape[:-1], groups, outputs.shape[-1] // groups)


def answers_of(outputs: npt.NDArray[Any], groups: int) -> Ints:
    """Return the answers [...] that outputs [..., groups * C] name; of equal outputs the first counts."""
    grouped = split_groups(outputs, groups)
    return joined(grouped.argmax(axis=-1), grouped.shape[-1])


def joined(classes: npt.NDArray[np.integer], base: int) -> Ints:
    """Return the answers [...] whose groups have these classes [..., groups], of ``base`` each."""
    return (classes * _weights(classes.shape[-1], base)).sum(axis=-1, dtype="int64")


def classes_of(answers: Ints, groups: int, base: int) -> Ints:
    """Return the class of each group [..., groups] of answers [...]."""
    return answers[..., None] // _weights(groups, base) % base


def _weights(groups: int, base: int) -> Ints:
    import numpy as np  # descriptions of networks need the limits above alone

    return base ** np.arange(groups - 1, -1, -1, dtype=np.int64)


NOTHING = "none"
"""Name of the class that stands for no character."""


def named(answer: int, groups: int, classes: Sequence[str]) -> str:
    """Return the name of an answer: its characters, ``_`` for none between them; ``none`` without any."""
    if groups == 1:
        return classes[answer]
    base = len(classes)
    names = [classes[answer // base**place % base] for place in range(groups - 1, -1, -1)]
    return "".join("_" if name == NOTHING else name for name in names).rstrip("_") or NOTHING
