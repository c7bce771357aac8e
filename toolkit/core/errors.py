"""The typed errors of Offramp.

Every error that a user can cause is an :class:`OfframpError`: it names what is wrong, what was expected, what
was found and what to do. The command line prints it as one line and exits with code 2; any other exception is
a bug, keeps its traceback and exits with code 1.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any, Self

LONGEST = 300
"""Characters of a part of a message at most: a value from outside may be as long as a file."""
LONGEST_FIX = 2000
"""Characters of the advice at most, where a program's own words may stand."""


def shortened(value: object, longest: int = LONGEST) -> str:
    """Return a value as text, its middle left out if it is long."""
    text = str(value)
    half = longest // 2
    return text if len(text) <= longest else f"{text[:half]} ... {text[-half:]}"


def one_line(text: str) -> str:
    """Return a text as one line: line breaks as blanks, what no terminal can show as escapes."""
    words = " ".join(text.split())
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in words)


class OfframpError(Exception):
    """Base of all errors with a cause outside the program.

    Args:
        what: name of the thing that is wrong.
        expected: value or condition that would have been right.
        found: value that was there instead.
        fix: advice to the user.
        details: each single thing that is wrong, where there may be many; printed on a line each.
    """

    def __init__(
        self,
        what: str,
        *,
        expected: object = None,
        found: object = None,
        fix: str = "",
        details: Sequence[str] = (),
    ) -> None:
        self.what, self.expected, self.found, self.fix = what, expected, found, fix
        self.details = tuple(details)
        parts = [shortened(what)]
        if expected is not None:
            parts.append(f"expected {shortened(expected)}")
        if found is not None:
            parts.append(f"found {shortened(found)}")
        text = "; ".join(parts)
        super().__init__(f"{text}. {shortened(fix, LONGEST_FIX)}" if fix else text)

    def __reduce__(self) -> tuple[object, ...]:
        """Return how another process makes the same error again, for pickles."""
        given = {"expected": self.expected, "found": self.found, "fix": self.fix, "details": self.details}
        return _again, (type(self), self.what, given), self.__dict__

    def renamed(self, what: str) -> Self:
        """Return the same error, of something else."""
        return type(self)(what, expected=self.expected, found=self.found, fix=self.fix, details=self.details)


def _again(kind: type[OfframpError], what: str, given: dict[str, Any]) -> OfframpError:
    return kind(what, **given)


class UnknownName(OfframpError):
    """The name of a model, dataset, target or option that does not exist."""

    @classmethod
    def among(cls, kind: str, name: str, known: Iterable[str]) -> UnknownName:
        """Build the error for ``name``, suggesting the nearest of ``known``."""
        known = sorted(known)
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
        fix = f"Did you mean {' or '.join(near)}?" if near else "Choose one of these."
        return cls(f"unknown {kind} '{name}'", expected=f"one of {', '.join(known)}", fix=fix)


class BadOption(OfframpError):
    """An option value out of its range."""


class DataError(OfframpError):
    """A dataset file that is missing, damaged, truncated or of another kind."""


class CheckpointMismatch(OfframpError):
    """A checkpoint of another model, dataset, bit width or version."""


class TrainingDiverged(OfframpError):
    """A training whose loss or weights are no longer finite."""


class UnsupportedOperator(OfframpError):
    """An operator without a hardware implementation."""


class RangeExceeded(OfframpError):
    """Integers that leave the range in which the numeric contract holds."""


class FoldingUnreachable(OfframpError):
    """A cycles-per-frame target that no folding reaches; ``best`` is the smallest that can be reached."""

    best: int = 0


class ToolMissing(OfframpError):
    """A program that is not installed."""


class ToolFailed(OfframpError):
    """A program that ran and failed."""


class UnsupportedVersion(OfframpError):
    """A tool or package of a version that is not supported."""


class LicenceMissing(OfframpError):
    """A licence that a tool does not find."""


class UnsupportedPart(OfframpError):
    """A part that an installed tool does not have."""


class HostFailed(OfframpError):
    """Another machine that cannot be reached, or whose connection ended."""


class RunBusy(OfframpError):
    """Another process works on the same run directory."""


class OutputPathError(OfframpError):
    """An output path that cannot be used."""


class DiskFull(OutputPathError):
    """A disk that is full; whoever knows which one raises it."""


class ArtifactError(OfframpError):
    """An artifact on disk that is missing, unfinished or damaged."""


class ForeignCode(OfframpError):
    """Sources of a design that reach outside it: they may not be given to a tool."""


class SimulationError(OfframpError):
    """A simulation that stopped, deadlocked or broke an assertion."""


class VerificationMismatch(OfframpError):
    """Hardware and software disagree."""


class NothingCompared(OfframpError):
    """A verification that compared no value at all."""


class GoalUnreachable(OfframpError):
    """An objective that no exit policy reaches."""


class PinMismatch(OfframpError):
    """A port of a design without a pin of the board, a pin without a port, or a pin that does not exist."""


class DoesNotFit(OfframpError):
    """A design that needs more of something than the part has."""


class ClockMissed(OfframpError):
    """A placed and routed design that is slower than the clock it must have."""


def together(problems: Sequence[OfframpError], what: str = "options") -> OfframpError:
    """Return one error for at least one problem: the only one itself, or one with a line for each."""
    if len(problems) == 1:
        return problems[0]
    return BadOption(
        what, expected="no mistakes", found=f"{len(problems)}", details=[str(one) for one in problems]
    )
