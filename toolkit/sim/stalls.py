"""Stall patterns of the test bench: idle inputs, stalled outputs, stalls between layers.

Every port follows a Markov chain of two states, running or stalled, given by the share of stalled cycles and
the mean length of a stall (``burst``). Every port has its own random numbers, derived from ``seed``, so equal
patterns give equal runs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from toolkit.core.errors import BadOption, UnknownName

_ONE = 1 << 32


@dataclass(frozen=True)
class StallPattern:
    """A seeded pattern of stalls.

    Attributes:
        input_idle: share of cycles in which an input has no data (valid, once set, stays set).
        output_stall: share of cycles in which an output is not ready.
        seed: seed of all random numbers.
        inside: share of stalled cycles at both sides of every FIFO between layers (needs a simulator built
            with ``stall_inside=True``).
        burst: mean length of a stall in cycles; ``None``: cycles are independent. Long stalls fill and drain
            every queue; single cycles shift the streams against each other.
        hold: cycles at the start in which outputs are not ready, so that everything before them fills up.
        held: names of these outputs; none: all.
        restart: cycle in which everything is reset and begins anew; 0: never. Nothing before it counts.

    Raises:
        BadOption: a share is outside [0, 1), or stalls of this mean length cannot reach it.
    """

    input_idle: float = 0.0
    output_stall: float = 0.0
    seed: int = 1
    inside: float = 0.0
    burst: float | None = None
    hold: int = 0
    held: tuple[str, ...] = ()
    restart: int = 0

    def __post_init__(self) -> None:
        for what in ("input_idle", "output_stall", "inside"):
            share = getattr(self, what)
            if not 0 <= share < 1:
                raise BadOption(f"stall pattern, {what}", expected="at least 0 and below 1", found=share)
            if share and self.burst is not None and not (self.burst >= 1 and self._enter(share) <= 1):
                raise BadOption(
                    f"stall pattern, burst with {what} {share}",
                    expected=f"a mean length of at least {max(1.0, share / (1 - share)):g} cycles",
                    found=self.burst,
                )
        for what in ("hold", "restart"):
            if (cycles := getattr(self, what)) < 0:
                raise BadOption(f"stall pattern, {what}", expected="at least 0", found=cycles)
        if not 0 <= self.seed < 1 << 64:
            raise BadOption("stall pattern, seed", expected="0 to 2**64 - 1", found=self.seed)

    def holds(self, output: str) -> bool:
        """Whether an output is held at the start."""
        return not self.held or output in self.held

    def _enter(self, share: float) -> float:
        """Return the probability of a stall after a cycle without one."""
        return share if self.burst is None else share / ((1 - share) * self.burst)

    def thresholds(self, share: float) -> tuple[int, int]:
        """Return ``(enter, stay)``: the next cycle is stalled if 32 random bits are below that number."""
        stay = share if self.burst is None else 1 - 1 / self.burst
        if share == 0:
            return 0, 0
        return min(int(self._enter(share) * _ONE), _ONE - 1), min(int(stay * _ONE), _ONE - 1)

    @classmethod
    def named(cls, name: str, seed: int = 1) -> StallPattern:
        """Return one of :data:`PRESETS` with another seed.

        Raises:
            UnknownName: no such preset.
        """
        if name not in PRESETS:
            raise UnknownName.among("stall pattern", name, PRESETS)
        return replace(PRESETS[name], seed=seed)


PRESETS = {
    "none": StallPattern(),
    "idle": StallPattern(input_idle=0.5),
    "stalled": StallPattern(output_stall=0.5),
    "both": StallPattern(input_idle=0.3, output_stall=0.3),
    "bursts": StallPattern(input_idle=0.3, output_stall=0.5, burst=200),
    "inside": StallPattern(input_idle=0.1, output_stall=0.2, inside=0.2),
}
"""Patterns of the verification; ``inside`` needs a simulator built with ``stall_inside=True``."""
