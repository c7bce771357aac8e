"""Runs Verilator and the C++ compiler as planned in :mod:`toolkit.sim.plan`."""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from toolkit.core import tools
from toolkit.core.errors import ToolFailed
from toolkit.sim import plan
from toolkit.sim.design import RtlDesign

_SHOWN_LINES = 8


@dataclass(frozen=True)
class Toolchain:
    """The tools of a build, and what identifies them in a digest."""

    verilator: tools.Verilator
    compiler: tools.Tool

    @classmethod
    def found(cls) -> Toolchain:
        """The tools of this machine.

        Raises:
            ToolMissing: one is not there.
            UnsupportedVersion: one is too old.
        """
        return cls(tools.verilator(), tools.cxx())

    @property
    def identity(self) -> tuple[str, ...]:
        """Versions, and the processor that native code is made for."""
        return (self.verilator.version, self.compiler.version, _native_target(self.compiler.command))

    def verilate(self, design: RtlDesign, options: plan.BuildOptions, folder: Path) -> None:
        """Turn the design into C++ files in ``folder``.

        Raises:
            ToolFailed: Verilator refuses the design; its first errors are in the message.
        """
        arguments = plan.verilator_arguments(design, options, folder)
        run([*self.verilator.command, *arguments], f"Verilator on {design.top}", folder)

    def compile(
        self, sources: Sequence[tuple[Path, plan.Speed]], options: plan.BuildOptions, folder: Path, jobs: int
    ) -> list[Path]:
        """Compile files to objects in ``folder``, ``jobs`` at a time.

        Raises:
            ToolFailed: the compiler refuses one.
        """

        def one(source: Path, speed: plan.Speed) -> Path:
            target = folder / f"{source.stem}.o"
            flags = plan.compiler_flags(options, self.verilator.root, speed)
            command = [*self.compiler.command, *flags, "-c", str(source), "-o", str(target)]
            run(command, f"C++ compiler on {source.name}", folder)
            return target

        with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
            return list(pool.map(lambda job: one(*job), sources))

    def link(self, objects: Sequence[Path], target: Path, options: plan.BuildOptions) -> None:
        """Link objects to an executable.

        Raises:
            ToolFailed: the linker refuses.
        """
        libraries = plan.libraries(options, self.verilator.root)
        command = [*self.compiler.command, "-pthread", *map(str, objects), "-o", str(target), *libraries]
        run(command, f"linking {target.name}", target.parent)


def run(command: Sequence[str], what: str, folder: Path) -> None:
    """Run a command in ``folder`` and append what it prints to ``build.log`` there.

    Raises:
        ToolFailed: it does not end with 0.
    """
    done = subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace"
    )
    output = done.stdout + done.stderr
    with (folder / "build.log").open("a") as log:
        log.write(f"$ {' '.join(command)}\n{output}")
    if done.returncode != 0:
        lines = output.splitlines()
        told = [line for line in lines if re.search(r"%Error|\berror\b", line)] or lines[-_SHOWN_LINES:]
        raise ToolFailed(
            f"{what} failed",
            expected="exit code 0",
            found=done.returncode,
            fix="\n".join(told[:_SHOWN_LINES]),
        )


@lru_cache(maxsize=4)
def _native_target(compiler: tuple[str, ...]) -> str:
    # What -march=native means here: a simulator built for another processor must not be reused.
    command = [*compiler, "-march=native", "-E", "-dM", "-x", "c++", "/dev/null"]
    done = subprocess.run(command, capture_output=True, check=False)
    return hashlib.sha256(done.stdout).hexdigest()[:16]
