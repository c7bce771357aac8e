"""Switching activity counted in a simulation: toggles per instance, read from SAIF (IEEE 1801, annex I).

Toggles are used to divide a known energy among the parts of a design; they are not converted to energy.
Toggles of clocks are left out: a running clock tree belongs to the idle board.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from toolkit.core.errors import ArtifactError, UnknownName

FRAMES = 2
"""Number of test frames of a recording."""
RECORDINGS = 4
"""Number of recordings, each of the next frames: the spread between them is stated."""

_TOKEN = re.compile(
    rb"""
      \(\s*(?P<net>[^\s()"]+)\s*(?P<counts>(?:\(\s*(?:T[01XZBC]|I[GK])\s+\d+(?:\.\d+)?\s*\)\s*)+)\)   # a net
    | \(\s*INSTANCE\s+(?:"[^"]*"\s+)?(?P<instance>[^\s()"]+)
    | \(\s*(?P<head>[A-Z_]+)\b(?P<text>\s*(?:"[^"]*"\s*|[^\s()"]+\s*)*)     # header line, NET, PORT
    | (?P<close>\))
    | (?P<comment>//[^\n]*)
    """,
    re.VERBOSE,
)
_TOGGLES = re.compile(rb"\(\s*TC\s+(\d+)")


@dataclass(frozen=True)
class Activity:
    """The switching activity of one recording.

    Attributes:
        toggles: instance path (names joined by ``/``) -> changes of its own nets, bit by bit, without those
            of instances within it. A signal that passes through the hierarchy counts at every level.
        cycles: number of clock cycles recorded, reset included.
    """

    toggles: dict[str, int]
    cycles: int

    def below(self, name: str) -> int:
        """Return the toggles of an instance and everything within it.

        Args:
            name: path of the instance, or the last part of the path if it is unique.

        Raises:
            UnknownName: no instance has this name, or more than one.
        """
        paths = [name] if name in self.toggles else []
        paths = paths or [path for path in self.toggles if path.rpartition("/")[2] == name]
        if len(paths) > 1:
            raise UnknownName(f"instance '{name}'", expected="only one", found=sorted(paths))
        if not paths:
            raise UnknownName.among("instance", name, self.toggles)
        inside = f"{paths[0]}/"
        return sum(count for path, count in self.toggles.items() if f"{path}/".startswith(inside))

    def share(self, names: Iterable[str]) -> dict[str, float]:
        """Return the toggles of some instances, as shares of their sum.

        Raises:
            UnknownName: an instance does not exist.
            ArtifactError: none of them toggled.
        """
        counts = {name: self.below(name) for name in names}
        if not (everything := sum(counts.values())):
            raise ArtifactError("switching activity", expected="toggles", found=f"none in {sorted(counts)}")
        return {name: count / everything for name, count in counts.items()}


def activity(saif: Path, clock: str = "ap_clk") -> Activity:
    """Count toggles in a SAIF file. The file is mapped into memory: tens of megabytes are fine.

    Args:
        saif: path of the file.
        clock: name of the clock net; nets that toggle exactly as often are taken for the same clock.

    Raises:
        ArtifactError: the file is missing, truncated or no SAIF, or has no such clock.
    """
    try:
        with saif.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
            counts, clock_toggles = _count(text, clock.encode(), saif)
    except FileNotFoundError:
        raise ArtifactError(f"{saif} is missing") from None
    except ValueError:  # an empty file cannot be mapped
        raise ArtifactError(f"{saif}", expected="SAIF", found="an empty file") from None
    toggles = {
        path: sum(count * times for count, times in there.items() if count != clock_toggles)
        for path, there in counts.items()
    }
    return Activity(toggles, (clock_toggles + 1) // 2)


def _count(text: mmap.mmap, clock: bytes, saif: Path) -> tuple[dict[str, dict[int, int]], int]:
    """Return per instance a histogram of its nets' toggles, and the toggles of the clock."""
    counts: dict[str, dict[int, int]] = {}
    nesting: list[str | None] = []  # the path of each open parenthesis that is an instance
    here, clock_toggles, is_saif, ended = "", 0, False, False
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        if kind == "counts":
            found = _TOGGLES.search(token["counts"])
            if found is None or not here:
                raise _damaged(saif, token.start(), "net with a toggle count (TC) in an instance")
            count = int(found[1])
            counts[here][count] = counts[here].get(count, 0) + 1
            if token["net"] == clock:
                clock_toggles = max(clock_toggles, count)
        elif kind == "instance":
            here = f"{here}/{token['instance'].decode()}" if here else token["instance"].decode()
            counts.setdefault(here, {})
            nesting.append(here)
        elif kind == "text":
            is_saif = is_saif or token["head"] == b"SAIFILE"
            nesting.append(None)
        elif kind == "close":
            if not nesting:
                raise _damaged(saif, token.start(), "'('")
            if nesting.pop() is not None:
                here = here.rpartition("/")[0]
            ended = not nesting
    if not is_saif or not ended:
        found_text = "a file that ends too early" if is_saif else "another kind of file"
        raise ArtifactError(f"{saif}", expected="a whole SAIF file", found=found_text, fix="Simulate again.")
    if not clock_toggles:
        raise ArtifactError(f"{saif}", expected=f"a net '{clock.decode()}' that toggles", found="none")
    return counts, clock_toggles


def _damaged(saif: Path, offset: int, expected: str) -> ArtifactError:
    return ArtifactError(f"{saif} is damaged at byte {offset}", expected=expected)
