"""The mutants of a network: what was changed, and how it was found."""

from __future__ import annotations

from collections import Counter
from typing import ClassVar, Literal

from toolkit.core.artifact import Artifact, Record, Text

Kind = Literal["weight", "threshold", "bias", "netlist", "depth"]


class Mutant(Record):
    """One random fault in an accelerator.

    Attributes:
        accelerator: name of the exit path.
        kind: what was changed; ``netlist``: an operator's input or output, or a wire.
        where: place and change.
        found: what verification said; empty if it found nothing.
        proof: why the hardware is the same as before, for one that was not found; empty if nothing proves it.
    """

    accelerator: Text
    kind: Kind
    where: Text
    found: str
    proof: str = ""

    @property
    def missed(self) -> bool:
        """Whether it was not found although nothing proves that it changes nothing."""
        return not self.found and not self.proof


class Mutants(Artifact):
    """All mutants of a network.

    Attributes:
        seed: seed of their choice.
        mutants: in order.
    """

    FILE: ClassVar[str] = "mutants.json"

    seed: int
    mutants: tuple[Mutant, ...]

    @property
    def missed(self) -> tuple[Mutant, ...]:
        """The mutants that were missed."""
        return tuple(one for one in self.mutants if one.missed)

    @property
    def message(self) -> str:
        """The result in a line."""
        found = sum(bool(one.found) for one in self.mutants)
        proved = sum(bool(one.proof) for one in self.mutants)
        kinds = ", ".join(f"{n} {kind}" for kind, n in Counter(one.kind for one in self.mutants).items())
        counts = f"{found} found, {proved} proved to change nothing, {len(self.missed)} missed"
        return f"{len(self.mutants)} mutants ({kinds}): {counts}"
