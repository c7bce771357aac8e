"""A build as a value: files and commands, made without running anything."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from toolkit.core.archive import pack
from toolkit.core.artifact import Artifact, Inside, Name, Record, sha256_json, write_bytes
from toolkit.core.templates import render

SCRIPT = "run.sh"
"""The plan's script: runs its steps in order, each once."""
ARCHIVE = "plan.tar"
DONE, LOGS, RESULTS = "finished", "logs", "results"
"""Folders in which a plan leaves a mark per finished step, what the tool said, and its results."""
_SCRIPT_TEMPLATE = Path(__file__).parent / "run.sh.j2"


class PlanStep(Record):
    """A step of a plan: one command, run in the plan's folder.

    Attributes:
        name: name of the step, of its mark and of its log.
        arguments: arguments of the plan's tool.
        results: files that it leaves.
    """

    name: Name
    arguments: tuple[str, ...]
    results: tuple[Inside, ...] = ()


class BuildPlan(Artifact):
    """The description of a plan on disk.

    Attributes:
        tool: command of the program that runs the steps, and the variable that names another.
        board, part: what it is for.
        clock_mhz: clock of the design.
        system: digest of the RTL.
        steps: commands in order.
        files: name -> SHA-256 of the content.
        digest: digest of all files and commands.
    """

    FILE: ClassVar[str] = "plan.json"

    tool: Name
    variable: Name
    board: str
    part: str
    clock_mhz: float
    system: str
    steps: tuple[PlanStep, ...]
    files: Mapping[Inside, str]
    digest: str = Field(pattern=r"\A[0-9a-f]{64}\z")

    @property
    def results(self) -> tuple[str, ...]:
        """Files that the steps leave."""
        return tuple(result for step in self.steps for result in step.results)


@dataclass(frozen=True)
class Plan:
    """A plan with its files.

    Attributes:
        description: steps and digests.
        files: content by name, the description and the script among them.
    """

    description: BuildPlan
    files: Mapping[str, bytes]

    @classmethod
    def of(
        cls,
        files: Mapping[str, bytes],
        steps: tuple[PlanStep, ...],
        *,
        tool: str,
        variable: str,
        board: str,
        part: str,
        clock_mhz: float,
        system: str,
    ) -> Plan:
        """Make a plan of files and steps; arguments as the fields of :class:`BuildPlan`."""
        commands = [{"name": step.name, "words": shlex.join(step.arguments)} for step in steps]
        folders = {"done": DONE, "logs": LOGS, "results": RESULTS}
        script = render(_SCRIPT_TEMPLATE, steps=commands, tool=tool, variable=variable, **folders)
        whole = {**files, SCRIPT: script.encode()}
        digests = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(whole.items())}
        said = [step.model_dump(mode="json") for step in steps]
        description = BuildPlan(
            tool=tool,
            variable=variable,
            board=board,
            part=part,
            clock_mhz=clock_mhz,
            system=system,
            steps=steps,
            files=digests,
            digest=sha256_json([tool, said, digests]),
        )
        return cls(description, whole)

    def archive(self) -> bytes:
        """Return everything, with the description, as one tar archive."""
        return pack({**self.files, BuildPlan.FILE: self.description.text().encode()})

    def save(self, folder: Path) -> None:
        """Write archive and description into a folder."""
        write_bytes(folder / ARCHIVE, self.archive())
        self.description.save(folder)

    def unpack(self, folder: Path) -> None:
        """Write every file into a folder, which may have them already."""
        for name, content in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            write_bytes(folder / name, content)
