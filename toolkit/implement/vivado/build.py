"""Runs a plan of Vivado and reads what it left."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from toolkit.core.artifact import sha256_file
from toolkit.core.errors import ArtifactError, ToolFailed
from toolkit.core.paths import is_file
from toolkit.core.progress import Progress, silent
from toolkit.implement.machine import SAID, Machine, read_text
from toolkit.implement.plan import Plan
from toolkit.implement.vivado.failures import failure, missed
from toolkit.implement.vivado.plan import BITSTREAM, HANDOFF, POWER, TIMING, UTILISATION
from toolkit.implement.vivado.power import ChipPower, read_chip_power
from toolkit.implement.vivado.reports import Timing, read_timing, read_utilisation, tool_version


@dataclass(frozen=True)
class VivadoResults:
    """What a build left.

    Attributes:
        bitstream, handoff: the bitstream, and the description of the hardware for PYNQ.
        timing: slack, clocks, slowest path, use of the part.
        power: the chip's power, estimated.
        reports: files that the figures were read from.
        version: version of Vivado, as its reports say it.
    """

    bitstream: Path
    handoff: Path
    timing: Timing
    power: ChipPower
    reports: tuple[Path, ...]
    version: str

    @property
    def digest(self) -> str:
        """SHA-256 of the bitstream."""
        return sha256_file(self.bitstream)


def run_plan(plan: Plan, machine: Machine, folder: Path, progress: Progress = silent) -> VivadoResults:
    """Run a plan, behind the last step that has finished, and read its results.

    Args:
        plan: plan of :func:`toolkit.implement.vivado.plan.plan_build`.
        machine: where it runs.
        folder: folder for logs and results; the same one goes on with a plan that was interrupted.
        progress: receiver of progress, in steps.

    Raises:
        ClockMissed: the clock is missed; names slack and slowest path.
        DoesNotFit, LicenceMissing, UnsupportedPart, UnsupportedVersion, ToolMissing: as Vivado says.
        ToolFailed: Vivado fails otherwise, or is killed.
        HostFailed: another machine cannot be reached, or the connection ended.
        ArtifactError: a report is damaged, or a result is missing.
    """
    done = machine.run(plan, folder, progress)
    description = plan.description
    try:
        timing = read_timing(folder / TIMING, description.clock_mhz, read_utilisation(folder / UTILISATION))
    except ArtifactError:
        if done:
            raise
        timing = None
    if not done:
        raise failure(read_text(folder / SAID), description, timing, str(folder / SAID))
    assert timing is not None
    if not timing.slack.met:
        raise missed(description, timing)
    for name in description.results:
        if not is_file(folder / name):
            raise ToolFailed(
                "Vivado", expected=name, found="no such file", fix=f"Remove {folder} and try again."
            )
    reports = tuple(folder / name for name in (UTILISATION, TIMING, POWER))
    return VivadoResults(
        bitstream=folder / BITSTREAM,
        handoff=folder / HANDOFF,
        timing=timing,
        power=read_chip_power(folder / POWER, ChipPower),
        reports=reports,
        version=tool_version(folder / UTILISATION),
    )
