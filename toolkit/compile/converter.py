"""The time of a width converter between two streams."""

from __future__ import annotations

from math import gcd

from toolkit.core.stream import Stream


def converter_cycles(before: Stream, after: Stream) -> int:
    """Return the cycles in which a converter passes a frame, with words and room at any time.

    Where neither number of lanes is a multiple of the other, FINN+'s module does the work. It takes a word
    while it holds no more than one that it gives, so the two sides wait for each other.
    """
    unit = gcd(before.lanes, after.lanes)
    taken, given = before.lanes // unit, after.lanes // unit
    if 1 in (taken, given):
        return max(before.beats, after.beats)
    held = beats = cycles = 0
    ends: list[int] = []
    while len(ends) < 3:
        takes, gives = held <= given, held >= given
        held += takes * taken - gives * given
        beats += gives
        cycles += 1
        if gives and beats % after.beats == 0:
            ends.append(cycles)
    return max(ends[1] - ends[0], ends[2] - ends[1])
