"""Runs Verilator and the C++ compiler as planned by :mod:`toolkit.sim.plan`."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from toolkit.core import tools
from toolkit.core.contained import require_contained, require_images
from toolkit.core.process import Command, Running, execute, side_by_side
from toolkit.sim import plan
from toolkit.sim.design import RtlDesign
from toolkit.sim.queues import instrumented


@dataclass(frozen=True)
class Toolchain:
    """The tools of a build, and their versions for digests."""

    verilator: tools.Verilator
    compiler: tools.Tool

    @classmethod
    def found(cls) -> Toolchain:
        """Find the tools on this machine.

        Raises:
            ToolMissing: a tool is not installed.
            UnsupportedVersion: a tool is too old.
        """
        return cls(tools.verilator(), tools.cxx())

    @property
    def identity(self) -> tuple[str, ...]:
        """Versions of the tools, and the processor that native code is compiled for."""
        return (self.verilator.version, self.compiler.version, _native_target(self.compiler.command))

    def verilate(self, design: RtlDesign, options: plan.BuildOptions, folder: Path) -> None:
        """Write the design as C++ files into ``folder``; no design gets to Verilator in another way.

        Raises:
            ForeignCode: a source reaches outside the design.
            ToolFailed: Verilator refuses the design; its first errors are in the message.
        """
        require_contained((*design.sources, *plan.included(design)), design.include_dirs, design.defines)
        arguments = plan.verilator_arguments(instrumented(design, options, folder), options, folder)
        execute(Command(f"simulation of {design.top}", self.verilator, tuple(arguments)), folder)
        require_images(folder)

    def compile(
        self, sources: Sequence[tuple[Path, plan.Speed]], options: plan.BuildOptions, folder: Path, jobs: int
    ) -> list[Path]:
        """Compile files to objects in ``folder``, ``jobs`` at a time.

        Raises:
            ToolFailed: the compiler refuses a file.
        """
        running = Running()

        def one(job: tuple[Path, plan.Speed]) -> Path:
            source, speed = job
            target = folder / f"{source.stem}.o"
            flags = plan.compiler_flags(options, self.verilator.root, speed)
            arguments = (*flags, "-c", str(source), "-o", str(target))
            command = Command(f"compilation of {source.name}", self.compiler, arguments, (target.name,))
            execute(command, folder, running=running)
            return target

        return side_by_side(one, sources, jobs, running)

    def link(self, objects: Sequence[Path], target: Path, options: plan.BuildOptions) -> None:
        """Link objects to an executable.

        Raises:
            ToolFailed: linking failed.
        """
        libraries = plan.libraries(options, self.verilator.root)
        arguments = ("-pthread", *map(str, objects), "-o", str(target), *libraries)
        command = Command(f"linking of {target.name}", self.compiler, arguments, (target.name,))
        execute(command, target.parent)


@lru_cache(maxsize=4)
def _native_target(compiler: tuple[str, ...]) -> str:
    # The macros that -march=native sets: a simulator built for another processor must not be reused.
    command = [*compiler, "-march=native", "-E", "-dM", "-x", "c++", "/dev/null"]
    done = subprocess.run(command, capture_output=True, check=False)
    return hashlib.sha256(done.stdout).hexdigest()[:16]
