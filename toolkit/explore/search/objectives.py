"""What a search aims for, and the limits that its points must keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.core import numerals
from toolkit.core.errors import BadOption, UnknownName
from toolkit.explore.search.result import Figures

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True)
class Aim:
    """A figure that should be large or small.

    Attributes:
        name: its name on the command line.
        field: its field in the figures.
        largest: whether large values are good.
        unit: its unit; empty for counts.
        form: format of a value.
    """

    name: str
    field: str
    largest: bool
    unit: str
    form: str

    def value(self, figures: Figures) -> float:
        """Return the figure."""
        return float(getattr(figures, self.field))

    def loss(self, figures: Figures) -> float:
        """Return the figure with the sign that makes small values good."""
        return -self.value(figures) if self.largest else self.value(figures)

    def text(self, value: float) -> str:
        """Return a value with its unit."""
        return f"{value:{self.form}} {self.unit}".strip()


OBJECTIVES = {
    one.name: one
    for one in (
        Aim("accuracy", "accuracy", True, "", ".2%"),
        Aim("energy", "energy_uj", False, "uJ", ".3g"),
        Aim("latency", "latency_us", False, "us", ",.1f"),
        Aim("throughput", "throughput", True, "frames/s", ",.0f"),
        Aim("lut", "lut", False, "", ",.0f"),
        Aim("bram", "bram", False, "", ",.0f"),
        Aim("dsp", "dsp", False, "", ",.0f"),
    )
}
"""The objectives by their names."""


@dataclass(frozen=True)
class Limit:
    """A bound that points must keep: the least of a figure that should be large, else the most."""

    objective: Aim
    bound: float

    @classmethod
    def of(cls, text: str) -> Limit:
        """Read ``accuracy=0.97`` or ``energy=20``.

        Raises:
            UnknownName: no such objective.
            BadOption: another form.
        """
        name, sign, value = text.partition("=")
        try:
            bound = numerals.real(value)
        except ValueError:
            sign = ""
        if not sign:
            raise BadOption("--limit", expected="NAME=NUMBER, such as accuracy=0.97", found=text)
        return cls(objective_named(name), bound)

    @property
    def words(self) -> str:
        """The limit in words."""
        side = "at least" if self.objective.largest else "at most"
        return f"{self.objective.name} {side} {self.objective.text(self.bound)}"

    def excess(self, figures: Figures) -> float:
        """Return by how much a point breaks the limit; not above 0: it keeps it."""
        bound = -self.bound if self.objective.largest else self.bound
        return self.objective.loss(figures) - bound


def objective_named(name: str) -> Aim:
    """Return an objective; raises UnknownName."""
    if name not in OBJECTIVES:
        raise UnknownName.among("objective", name, OBJECTIVES)
    return OBJECTIVES[name]


def ranks(losses: Sequence[Sequence[float]]) -> npt.NDArray[np.int64]:
    """Return the rank of each row, int64 [N]: 0 of those that no other beats, 1 of the best without them, ...

    A row beats another if no value of it is larger and one is smaller.
    """
    import numpy as np

    table = np.array(losses, np.float64).reshape(len(losses), len(losses[0]) if losses else 0)
    found = np.full(len(table), -1, np.int64)
    rank = 0
    while (left := np.flatnonzero(found < 0)).size:
        rows = table[left]
        less = (rows[:, None] <= rows[None]).all(axis=2) & (rows[:, None] < rows[None]).any(axis=2)
        found[left[~less.any(axis=0)]] = rank
        rank += 1
    return found
