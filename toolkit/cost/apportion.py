"""Divides the energy of a frame among the parts of a network."""

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
        whole: mean energy of a frame while the share ``reach[k]`` of the frames reached stage k.
        toggles: toggles of each part.
        reach: share of the frames that reached each stage.
    """
    # Even if the whole was measured, its division is an estimate.
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
        whole: energy above idle per frame, estimated or measured.
        shares: activity of each part for a frame that reaches it, in any unit: toggles, or a model's energy.
        reach: share of the frames that reached each part while ``whole`` was measured; None: all of them.
        note: explanation of the shares, added to the source.

    Returns:
        Energy of each part for a frame that reaches it: ``sum(reach * part) == whole``.

    Raises:
        BadOption: there are no parts, or shares are negative or all 0.
    """
    reach = reach or dict.fromkeys(shares, 1.0)
    everything = sum(share * reach[part] for part, share in shares.items())
    if not everything > 0 or min(shares.values()) < 0:
        raise BadOption("shares of energy", expected="at least 0, and not all 0", found=dict(shares))
    return {part: whole.scaled(share / everything, note) for part, share in shares.items()}
