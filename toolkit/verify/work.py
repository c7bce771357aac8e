"""How much work it is to simulate a design, by which verification of large ones is bounded."""

from __future__ import annotations

from toolkit.compose import Accelerator

MOST_MACS = 2 * 10**9
"""Multiply-accumulates of one simulation, about a minute of it: no longer one is made to find rare faults."""
LEAST_FRAMES = 3
"""Number of frames that are simulated even so: each counter returns to its start with every frame."""


def multipliers(accelerator: Accelerator) -> int:
    """Return how many products a cycle of an accelerator's simulation computes."""
    return sum(
        node.attributes["PE"] * node.attributes["SIMD"]
        for node in accelerator.nodes
        if {"PE", "SIMD"} <= node.attributes.keys()
    )


def affordable_frames(accelerator: Accelerator, most: int) -> int:
    """Return how many frames of at most ``most`` a simulation of :data:`MOST_MACS` takes."""
    per_frame = max(1, multipliers(accelerator) * accelerator.cycles)
    return min(most, max(LEAST_FRAMES, MOST_MACS // per_frame))
