"""Energy divided among the parts of a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from toolkit.core.errors import BadOption
from toolkit.core.topology import Part
from toolkit.cost.activity import FRAMES
from toolkit.cost.figures import Energy

K = TypeVar("K")


def segment_energies(
    whole: Energy, toggles: Mapping[Part, float], reach: Sequence[float]
) -> dict[Part, Energy]:
    """Divide the energy of a frame among the parts of a network.

    Args:
        whole: of a frame of which the share ``reach[k]`` gets to stage k.
        toggles: of each part.
        reach: one per stage.
    """
    # A measured whole, divided by a rule, gives estimates.
    guess = whole.model_copy(update={"provenance": "estimated"})
    words = f"apportioned by toggles counted in simulation, {FRAMES} test frames"
    return apportion(guess, toggles, {part: reach[part.k] for part in toggles}, words)


def apportion(
    whole: Energy,
    shares: Mapping[K, float],
    reach: Mapping[K, float] | None = None,
    note: str = "apportioned by switching activity",
) -> dict[K, Energy]:
    """Divide the energy of a frame among the parts of a design.

    Args:
        whole: incremental energy per frame, of a model or measured.
        shares: per part, what it does for a frame that gets there, in any unit: toggles, or a model's energy.
        reach: per part, the share of frames that got there while ``whole`` was measured; None: all of them.
        note: what the shares are, for the source.

    Returns:
        Per part, energy of a frame that gets there: ``sum(reach * part) == whole``.

    Raises:
        BadOption: no parts, shares that are negative or all 0.
    """
    reach = reach or dict.fromkeys(shares, 1.0)
    everything = sum(share * reach[part] for part, share in shares.items())
    if not everything > 0 or min(shares.values()) < 0:
        raise BadOption("shares of energy", expected="at least 0, and not all 0", found=dict(shares))
    return {part: whole.scaled(share / everything, note) for part, share in shares.items()}
