"""What is installed, and what is missing for which target."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Iterable
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from toolkit import boards, families
from toolkit.core import tools
from toolkit.core.errors import OfframpError, ToolMissing
from toolkit.core.tools import Program

_ON_BOARDS = Program("openFPGALoader", tools.loader, optional=True, variable=tools.LOADER.variable)
"""Loads bitstreams; everything else works without."""
_BASE = (
    Program("C++ compiler", tools.cxx, f">={tools.CXX.minimum}"),
    Program("make", tools.make),
    Program("perl", tools.perl),
    Program("Verilator", tools.verilator, f">={tools.VERILATOR_MINIMUM}"),
)


@dataclass(frozen=True)
class Finding:
    """A program or package that was looked for.

    Attributes:
        name: name of the program or package.
        kind: ``program`` or ``package``.
        wanted: required version, such as ``>=5.0``.
        found: installed version; None if it is missing.
        problem: instruction that solves the problem; empty if there is none.
    """

    name: str
    kind: str
    wanted: str
    found: str | None
    problem: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """The result of a search for everything that Offramp needs.

    Attributes:
        findings: every program and package.
        targets: target -> missing programs; empty if it is ready, None if this version cannot build it.
    """

    findings: tuple[Finding, ...]
    targets: dict[str, str | None]

    @property
    def ready(self) -> bool:
        """Whether the target ``sim`` can be built."""
        return self.targets[boards.SIM] == ""


def diagnose() -> Diagnosis:
    """Look for every program and package; starts programs to ask for their versions, imports nothing."""
    base = (_python(), *map(_program, _BASE), *_packages())
    programs = {program.name: program for chain in families.toolchains() for program in chain.programs}
    found = {name: _program(program) for name, program in programs.items()}
    targets: dict[str, str | None] = {}
    for name in dict.fromkeys((*boards.targets(), *boards.names())):
        needed = base
        if name != boards.SIM:
            on = boards.board(name)
            if not on.is_target:
                targets[name] = None
                continue
            needed = (*base, *(found[program.name] for program in on.toolchain.programs))
        targets[name] = ", ".join(one.name for one in needed if one.problem or one.found is None)
    return Diagnosis((*base, *found.values(), _program(_ON_BOARDS)), targets)


def _python() -> Finding:
    metadata = _metadata()
    wanted = metadata["Requires-Python"] if metadata else ""
    found = platform.python_version()
    good = found in SpecifierSet(wanted)
    return Finding("Python", "program", wanted, found, "" if good else f"run Offramp with Python {wanted}")


def _program(program: Program) -> Finding:
    try:
        tool = program.find()
        return Finding(program.name, "program", program.wanted, f"{tool.name} {tool.version}")
    except ToolMissing as error:
        # What the user has named is no choice to do without it.
        problem = "" if program.optional and not program.named() else str(error)
        return Finding(program.name, "program", program.wanted, None, problem)
    except OfframpError as error:
        return Finding(program.name, "program", program.wanted, None, str(error))


def _packages() -> Iterable[Finding]:
    """Check the packages that Offramp's own metadata declares: the list stands in pyproject.toml alone."""
    if _metadata() is None:
        yield Finding("offramp", "package", "", None, "install it: scripts/setup.sh, or pip install .")
        return
    for text in importlib.metadata.requires("offramp") or ():
        requirement = Requirement(text)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        wanted = str(requirement.specifier)
        try:
            found = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            yield Finding(requirement.name, "package", wanted, None, f"pip install '{requirement}'")
            continue
        good = requirement.specifier.contains(found, prereleases=True)
        problem = "" if good else f"found {found}: pip install '{requirement}'"
        yield Finding(requirement.name, "package", wanted, found, problem)


def _metadata() -> importlib.metadata.PackageMetadata | None:
    try:
        return importlib.metadata.metadata("offramp")
    except importlib.metadata.PackageNotFoundError:
        return None
