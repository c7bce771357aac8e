"""What is installed, and what is missing for which target."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from toolkit import boards
from toolkit.core import tools
from toolkit.core.errors import OfframpError
from toolkit.flow.options import TARGETS

SIM = "sim"
LATER = {
    **{name: ("yosys", "nextpnr-ecp5") for name in boards.names() if boards.board(name).open_flow},
    "pynq-z2": ("vivado",),
    "zcu104": ("vivado",),
    "zc706": ("vivado",),
}
"""Targets planned, and the commands they will need on top of ``sim``."""

_Program = tuple[str, str, Callable[[], tools.Tool]]
_BASE: tuple[_Program, ...] = (
    ("C++ compiler", f">={tools.CXX.minimum}", tools.cxx),
    ("make", "", tools.make),
    ("perl", "", tools.perl),
    ("Verilator", f">={tools.VERILATOR_MINIMUM}", tools.verilator),
)
_OPEN_FLOW: tuple[_Program, ...] = (
    ("Yosys", "with slang", tools.yosys),
    ("nextpnr-ecp5", "", tools.nextpnr_ecp5),
    ("ecppack", "", tools.ecppack),
    ("ecpunpack", "", tools.ecpunpack),
)


@dataclass(frozen=True)
class Finding:
    """One thing looked for. ``found``: its version or None; ``problem``: what to do, empty if all is well."""

    name: str
    kind: str
    wanted: str
    found: str | None
    problem: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """Everything looked for, and per target what is missing (None: no such target in this version)."""

    findings: tuple[Finding, ...]
    targets: dict[str, str | None]

    @property
    def ready(self) -> bool:
        """Whether the target ``sim`` can be built."""
        return self.targets[SIM] == ""


def diagnose() -> Diagnosis:
    """Look for everything; starts a few programs for their versions, imports nothing."""
    base = (_python(), *_programs(_BASE), *_packages())
    flow = tuple(_programs(_OPEN_FLOW))
    targets: dict[str, str | None] = dict.fromkeys(LATER)
    for name in TARGETS:
        needed = base if name == SIM else (*base, *flow)
        targets[name] = ", ".join(finding.name for finding in needed if finding.problem)
    extra = tuple(_command(name) for name in ("vivado",))
    return Diagnosis((*base, *flow, *extra), {SIM: targets.pop(SIM), **targets})


def _python() -> Finding:
    metadata = _metadata()
    wanted = metadata["Requires-Python"] if metadata else ""
    found = platform.python_version()
    good = found in SpecifierSet(wanted)
    return Finding("Python", "program", wanted, found, "" if good else f"run Offramp with Python {wanted}")


def _programs(wanted_ones: Sequence[_Program]) -> Iterable[Finding]:
    for name, wanted, find in wanted_ones:
        try:
            tool = find()
            yield Finding(name, "program", wanted, f"{tool.name} {tool.version}")
        except OfframpError as error:
            yield Finding(name, "program", wanted, None, str(error))


def _packages() -> Iterable[Finding]:
    """What our own package declares, so that nothing is listed twice."""
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


def _command(name: str) -> Finding:
    return Finding(name, "for later targets", "", "on PATH" if shutil.which(name) else None)
