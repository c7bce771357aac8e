"""Divides the energy of a frame among the parts of a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self, TypeVar

from toolkit.core.artifact import Record
from toolkit.core.errors import BadOption
from toolkit.core.quantities import Count, Positive
from toolkit.core.topology import Part, Topology
from toolkit.cost.activity import FRAMES
from toolkit.cost.figures import Energy

K = TypeVar("K")


class AboveIdle(Record):
    """The gain in energy above idle, baseline to mix: by toggles, and by the model alone.

    Attributes:
        frames: number of frames whose toggles were counted.
        apportioned: ratio if the energy is divided among the parts by their toggles.
        low, high: least and largest ratio of a single recording.
        model: ratio of the model's own energies of the parts.
    """

    frames: Count
    apportioned: Positive
    low: Positive
    high: Positive
    model: Positive

    @classmethod
    def of(
        cls,
        recordings: Sequence[Mapping[Part, float]],
        model: Mapping[Part, Energy],
        reach: Sequence[float],
    ) -> Self:
        """Compute the ratios.

        Args:
            recordings: toggles of each part, per recording.
            model: the model's energy of each part.
            reach: share of the frames that reaches each stage.
        """
        each = [_ratio(toggles, reach) for toggles in recordings]
        return cls(
            frames=FRAMES * len(recordings),
            apportioned=_ratio(summed(recordings), reach),
            low=min(each),
            high=max(each),
            model=_ratio({part: energy.value for part, energy in model.items()}, reach),
        )


def summed(recordings: Sequence[Mapping[Part, float]]) -> dict[Part, float]:
    """Return the toggles of each part over all recordings."""
    return {part: sum(one[part] for one in recordings) for part in recordings[0]}


def _ratio(parts: Mapping[Part, float], reach: Sequence[float]) -> float:
    topology = Topology.of(parts)
    mix = sum(reach[part.k] * value for part, value in parts.items())
    return sum(parts[part] for part in topology.static) / mix


def segment_energies(
    whole: Energy, recordings: Sequence[Mapping[Part, float]], reach: Sequence[float]
) -> dict[Part, Energy]:
    """Divide the energy of a frame among the parts of a network.

    Args:
        whole: mean energy of a frame while the share ``reach[k]`` of the frames reached stage k.
        recordings: toggles of each part, per recording.
        reach: share of the frames that reached each stage.
    """
    # Even if the whole was measured, its division is an estimate.
    guess = whole.model_copy(update={"provenance": "estimated"})
    toggles = summed(recordings)
    words = f"apportioned by toggles counted in simulation, {FRAMES * len(recordings)} test frames"
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
