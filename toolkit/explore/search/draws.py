"""What a search draws its points with: a trial of Optuna, or the usual values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class Draws(Protocol):
    """Gives values by name, as a trial of Optuna does."""

    def suggest_int(self, name: str, low: int, high: int) -> int:
        """Return a number from ``low`` to ``high``."""

    def suggest_categorical(self, name: str, choices: Sequence[str]) -> str:
        """Return one of ``choices``."""


class UsualDraws:
    """Gives usual numbers, the first of choices and the middle of other ranges.

    Args:
        usual: numbers by the last word of their names.

    Attributes:
        made: what was given, by name.
    """

    def __init__(self, usual: Mapping[str, int]) -> None:
        self._usual = usual
        self.made: dict[str, int | str] = {}

    def suggest_int(self, name: str, low: int, high: int) -> int:
        """Return the usual number, as far as it is allowed, or the middle."""
        usual = self._usual.get(name.rpartition(" ")[2], (low + high) // 2)
        self.made[name] = given = min(max(usual, low), high)
        return given

    def suggest_categorical(self, name: str, choices: Sequence[str]) -> str:
        """Return the first choice."""
        self.made[name] = given = choices[0]
        return given
