"""AMD's Vivado as a toolchain: where it is found, which clocks it makes, what it needs to know of a board."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import ClassVar

from toolkit.core import env
from toolkit.core.artifact import Text
from toolkit.core.errors import ToolMissing
from toolkit.core.tools import Program, Requirement, Tool, find
from toolkit.families.block_design import REFERENCE_MHZ, ProcessingSystem
from toolkit.families.toolchain import BoardTable, ChipToolchain

MINIMUM = "2022.1"
"""Oldest Vivado whose commands the plans are written for."""
VARIABLE = "OFFRAMP_VIVADO"
MOUNT = (
    "Mount or install Vivado and set FINN_XILINX_PATH and FINN_XILINX_VERSION (as FINN has them), put it on "
    f"PATH or name it in {VARIABLE}; or name a machine that has it with --remote USER@HOST."
)
"""What to do where there is no Vivado."""
_CLOCKS = range(25, 255, 5)
_VCO = (800, 1200)  # MHz: allowed by all of their clock managers (AMD DS187, DS191, DS925; unverified)
_EIGHTHS = 8  # a clock manager multiplies and divides by eighths


@dataclass(frozen=True)
class WizardClock:
    """A clock that a clock wizard makes from the processor's."""

    input_mhz: float
    mhz: float

    @property
    def exact_mhz(self) -> Fraction:
        """Frequency, if the processor's clock is exact."""
        return Fraction(self.mhz)


class VivadoTable(BoardTable):
    """What Vivado needs to know of a board besides its part.

    Attributes:
        processing_system: parameters of the processing system's IP that depend on the board.
    """

    processing_system: Mapping[str, Text]

    @property
    def oscillator_mhz(self) -> float:
        """Clock that the processor gives."""
        return float(REFERENCE_MHZ)


class VivadoRequirement(Requirement):
    """Vivado, which no package manager has."""

    def missing(self, found: object) -> ToolMissing:
        """Return the error for a Vivado that was not found, with where it is looked for."""
        expected = f"version {self.minimum} or newer"
        return ToolMissing(f"{self.purpose} is missing", expected=expected, found=found, fix=MOUNT)


def vivado() -> Tool:
    """Find Vivado: ``OFFRAMP_VIVADO``, else in ``FINN_XILINX_PATH``, in ``XILINX_VIVADO``, or on PATH.

    Raises:
        ToolMissing: there is none, or it does not start.
        UnsupportedVersion: it is older than :data:`MINIMUM`.
    """
    wanted = VivadoRequirement(
        "Vivado",
        (*map(str, _installed()), "vivado"),
        VARIABLE,
        apt="",
        brew="",
        minimum=MINIMUM,
        version=r"[Vv]ivado v(\d+\.\d+)",
    )
    return find(wanted, ("-version",))


PROGRAM = Program(
    "Vivado",
    vivado,
    f">={MINIMUM}, for bitstreams; plans are written without",
    optional=True,
    variable=VARIABLE,
)


def _installed() -> list[Path]:
    """Return where the environment says that Vivado is: AMD's older layout of folders, the newer one."""
    folders = []
    root, version = env.command("FINN_XILINX_PATH"), env.command("FINN_XILINX_VERSION")
    if root and version:
        folders += [Path(root) / "Vivado" / version, Path(root) / version / "Vivado"]
    if own := env.command("XILINX_VIVADO"):
        folders.append(Path(own))
    return [folder / "bin" / "vivado" for folder in folders]


class VivadoToolchain(ChipToolchain[VivadoTable]):
    """Vivado, for a family whose parts have a processor.

    Attributes:
        system: the family's processor.
    """

    title = "Vivado"
    section = "vivado"
    programs = (PROGRAM,)
    folder: ClassVar[Path] = Path(__file__).parent
    luts = 20_000
    margin = 0.1
    table = VivadoTable

    def __init__(self, system: ProcessingSystem) -> None:
        self.system = system

    def clocks(self, oscillator_mhz: float) -> tuple[WizardClock, ...]:
        """See :class:`ChipToolchain`; those that are made exactly."""
        return tuple(WizardClock(oscillator_mhz, float(mhz)) for mhz in _CLOCKS if _made(mhz, oscillator_mhz))

    def likely_mhz(self, luts: int) -> float:
        """See :class:`ChipToolchain`."""
        return 100.0


def _made(mhz: int, oscillator_mhz: float) -> bool:
    """Whether a clock manager makes this clock exactly: an oscillator times eighths, divided by eighths."""
    low, high = (-(-bound * _EIGHTHS // mhz) for bound in _VCO)
    step = Fraction(oscillator_mhz) / _EIGHTHS
    return any((Fraction(mhz * divider, _EIGHTHS) / step).denominator == 1 for divider in range(low, high))
