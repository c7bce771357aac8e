"""What all parts of a report are made of: shares, cycles, figures with their source."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Cycles = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
Kind = Literal["measured", "simulated", "estimated", "counted", "place and route"]
"""``measured``: on a running machine; ``simulated``: cycle-accurate RTL simulation; ``estimated``: a model's
figure; ``counted``: exact, from a description or a comparison; ``place and route``: of the very bitstream."""


class Part(BaseModel):
    """Base of all parts: immutable, no key unknown."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)


class Origin(Part):
    """Where numbers come from."""

    provenance: Kind
    source: str


class Figure(Origin):
    """A number with its interval; ``low`` and ``high`` are None where the source states none."""

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


class Clock(Part):
    """The clock that times are given at, in MHz."""

    value: Positive
    provenance: Literal["requested", "place and route", "measured"]
    source: str


class Histogram(Part):
    """Frames per bin; bin i holds whole cycles from ``start + i * width`` to the next bin's start."""

    start: Count
    width: Cycles
    frames: tuple[Count, ...]
