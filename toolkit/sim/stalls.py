"""When the test bench holds back: idle inputs, stalled outputs, stalls between the layers.

All of them follow the same rule, a chain of two states per port: going or stalled. ``fraction`` is the
share of cycles spent stalled in the long run, ``burst`` the mean length of a stall. Every port has its
own random numbers, all derived from ``seed``: the same pattern again is the same run again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from toolkit.core.errors import BadOption, UnknownName

_ONE = 1 << 32


@dataclass(frozen=True)
class StallPattern:
    """A seeded pattern of stalls.

    Attributes:
        input_idle: share of cycles an input has nothing to offer (a valid, once shown, stays).
        output_stall: share of cycles an output is not ready.
        seed: of all random numbers.
        inside: share of stalled cycles at both sides of every FIFO between layers (needs a simulator built
            with ``stall_inside=True``).
        burst: mean length of a stall in cycles; ``None``: every cycle is drawn for itself. Long stalls fill
            and drain every queue; single cycles disturb every phase.

    Raises:
        BadOption: a share outside [0, 1), or a burst that cannot reach it.
    """

    input_idle: float = 0.0
    output_stall: float = 0.0
    seed: int = 1
    inside: float = 0.0
    burst: float | None = None

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
        if not 0 <= self.seed < 1 << 64:
            raise BadOption("stall pattern, seed", expected="0 to 2**64 - 1", found=self.seed)

    def _enter(self, share: float) -> float:
        """Probability of a stall after a cycle without one."""
        return share if self.burst is None else share / ((1 - share) * self.burst)

    def thresholds(self, share: float) -> tuple[int, int]:
        """``(enter, stay)``: the next cycle is stalled if 32 random bits are below this number."""
        stay = share if self.burst is None else 1 - 1 / self.burst
        if share == 0:
            return 0, 0
        return min(int(self._enter(share) * _ONE), _ONE - 1), min(int(stay * _ONE), _ONE - 1)

    @classmethod
    def none(cls) -> StallPattern:
        """No stalls: inputs always have data, outputs are always ready."""
        return cls()

    @classmethod
    def named(cls, name: str, seed: int = 1) -> StallPattern:
        """One of :data:`PRESETS`.

        Raises:
            UnknownName: there is none of this name.
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
"""The patterns of the verification. ``inside`` needs a simulator built with ``stall_inside=True``."""
