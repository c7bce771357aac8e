"""What a search draws its points with: a trial of Optuna, or the usual values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Draws(Protocol):
    """Gives values by name, as a trial of Optuna does."""

    def suggest_int(self, name: str, low: int, high: int) -> int:
        """Return a number from ``low`` to ``high``."""

    def suggest_categorical(self, name: str, choices: Sequence[str]) -> str:
        """Return one of ``choices``."""


class UsualDraws:
    """Gives the usual bits, the first of choices and the middle of other ranges.

    Attributes:
        made: what was given, by name.
    """

    def __init__(self, weight_bits: int, act_bits: int) -> None:
        self._bits = {"weights": weight_bits, "acts": act_bits}
        self.made: dict[str, int | str] = {}

    def suggest_int(self, name: str, low: int, high: int) -> int:
        """Return the usual bits, as far as they are allowed, or the middle."""
        usual = self._bits.get(name.rpartition(" ")[2], (low + high) // 2)
        self.made[name] = given = min(max(usual, low), high)
        return given

    def suggest_categorical(self, name: str, choices: Sequence[str]) -> str:
        """Return the first choice."""
        self.made[name] = given = choices[0]
        return given
