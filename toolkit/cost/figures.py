"""Figures with their interval, provenance and source."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Self, TypeVar

from pydantic import model_validator

from toolkit.boards import Constant
from toolkit.core.errors import BadOption
from toolkit.core.quantities import NonNegative, Origin

_Known = Literal["measured", "simulated", "estimated"]
_WEAKEST: tuple[_Known, ...] = ("estimated", "simulated", "measured")

F = TypeVar("F", bound="Figure")


class Figure(Origin):
    """A number with its interval.

    Attributes:
        value: value in the unit of the subclass.
        low, high: interval; None if the source states none. Intervals add up: figures of one
            model are all off by the same factor, so their errors do not average out.
        provenance: kind of number; of a sum, the weakest one.
        source: measurement, model or document that the number comes from.
    """

    provenance: _Known
    value: NonNegative
    low: NonNegative | None
    high: NonNegative | None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if (self.low is None) != (self.high is None):
            raise ValueError("low and high, or neither")
        if self.low is not None and self.high is not None and not self.low <= self.value <= self.high:
            raise ValueError("low <= value <= high")
        return self

    @property
    def ends(self) -> tuple[float, float]:
        """The interval (low, high); the value twice if none is known."""
        return (
            self.value if self.low is None else self.low,
            self.value if self.high is None else self.high,
        )

    def scaled(self: F, factor: float, note: str = "") -> F:
        """Return the figure times ``factor``, with ``note`` added to its source."""
        return self.model_copy(update=self._scaled(factor, note))

    def _scaled(self, factor: float, note: str) -> dict[str, object]:
        if not factor >= 0:
            raise BadOption("factor of a figure", expected="at least 0", found=factor)
        ends = {"low": self.low, "high": self.high}
        return {
            "value": self.value * factor,
            **{name: None if end is None else end * factor for name, end in ends.items()},
            "provenance": self.provenance,
            "source": f"{self.source}; {note}" if note else self.source,
        }


class Energy(Figure):
    """Energy of one frame, in µJ."""


class Power(Figure):
    """Power, in W."""

    @classmethod
    def of(cls, constant: Constant) -> Power:
        """Convert a board's constant in W; one that is not verified counts as estimated."""
        return cls(
            value=constant.value,
            low=constant.low,
            high=constant.high,
            provenance="measured" if constant.verified else "estimated",
            source=constant.citation,
        )

    def for_us(self, time_us: float) -> Energy:
        """Return the energy of this power over a time in µs."""
        return Energy.model_validate(self._scaled(time_us, ""))


def total(energies: Iterable[Energy]) -> Energy:
    """Sum energies; each source is named once.

    Raises:
        BadOption: there are no energies.
    """
    parts = list(energies)
    if not parts:
        raise BadOption("energies to add up", expected="at least 1", found=0)
    lows = [part.low for part in parts if part.low is not None]
    highs = [part.high for part in parts if part.high is not None]
    known = len(lows) == len(parts)
    return Energy(
        value=sum(part.value for part in parts),
        low=sum(lows) if known else None,
        high=sum(highs) if known else None,
        provenance=min((part.provenance for part in parts), key=_WEAKEST.index),
        source=" + ".join(dict.fromkeys(part.source for part in parts)),
    )
