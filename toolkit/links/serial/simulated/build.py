"""Compiles a board's top module to a program that has its link's other end at a pseudo-terminal."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path

from toolkit.core.errors import BadOption
from toolkit.core.store import Store
from toolkit.sim import plan
from toolkit.sim.builder import KIND, divide
from toolkit.sim.design import RtlDesign
from toolkit.sim.toolchain import Toolchain

SHARED = Path(__file__).parent / "engine"
EXECUTABLE = "board"
_PORT = re.compile(r"\bVL_(IN|OUT)8?\(&(\w+),")


def build_board(
    design: RtlDesign, engine: Path, cache_dir: Path | None = None, *, quick: bool = False
) -> Path:
    """Compile the program, or take it from the cache, and return its path.

    Args:
        design: top module of the board with its sources; its streams are pins of one bit.
        engine: program around it.
        cache_dir: folder for compiled simulations; by default in Offramp's cache folder.
        quick: see :func:`toolkit.sim.build`.

    Raises:
        ToolMissing, UnsupportedVersion: Verilator or the compiler is missing or too old.
        ToolFailed: Verilator or the compiler refuses the design.
        BadOption: a port is missing.
    """
    store, options, tools = Store(cache_dir), plan.BuildOptions(quick=quick), Toolchain.found()
    digest = hashlib.sha256(plan.design_digest(design, options, tools.identity).encode())
    for file in sorted({*SHARED.iterdir(), *engine.parent.iterdir()}):
        digest.update(file.read_bytes())
    digest.update(engine.name.encode())
    jobs = len(os.sched_getaffinity(0))

    def make(folder: Path) -> None:
        tools.verilate(design, options, folder)
        _check_ports(design, (folder / f"{plan.PREFIX}.h").read_text())
        speed = plan.Speed.QUICK if quick else plan.Speed.CYCLE
        units = divide(sorted(folder.glob("*.cpp")), jobs, speed)
        runtime = store.get(KIND, _library_digest(options, tools), make_library)
        units["board"] = ([folder / f"{plan.PREFIX}.h", engine], speed)
        objects = tools.compile(_written(units, folder), options, folder, jobs)
        tools.link([*objects, *sorted(runtime.glob("*.o"))], folder / EXECUTABLE, options)
        for file in folder.iterdir():
            if file.name != EXECUTABLE:
                file.unlink()

    def make_library(folder: Path) -> None:
        units = plan.runtime_sources(options, tools.verilator.root)
        del units["harness"]
        tools.compile(_written(units, folder), options, folder, jobs)

    return store.get(KIND, digest.hexdigest()[:32], make) / EXECUTABLE


def _written(
    units: dict[str, tuple[list[Path], plan.Speed]], folder: Path
) -> Sequence[tuple[Path, plan.Speed]]:
    sources = []
    for name, (files, speed) in units.items():
        unit = folder / f"{name}.cc"
        unit.write_text("".join(f'#include "{file}"\n' for file in files))
        sources.append((unit, speed))
    return sources


def _library_digest(options: plan.BuildOptions, tools: Toolchain) -> str:
    return hashlib.sha256(f"library {plan.runtime_digest(options, tools.identity)}".encode()).hexdigest()[:32]


def _check_ports(design: RtlDesign, header: str) -> None:
    found = set(_PORT.findall(header))
    pins = {("IN", one.name) for one in design.inputs} | {("OUT", one.name) for one in design.outputs}
    if missing := sorted(f"{side.lower()}put {name}" for side, name in ({("IN", "clk")} | pins) - found):
        names = ", ".join(f"{side.lower()}put {name}" for side, name in sorted(found))
        raise BadOption(f"ports of {design.top}", expected=f"{', '.join(missing)} of one bit", found=names)
