"""What a build will do, as data: arguments of Verilator and the compiler, digests that name the results.

Nothing here runs a program.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from toolkit.core.templates import render
from toolkit.sim.design import RtlDesign
from toolkit.sim.queues import additions

ENGINE = Path(__file__).parent / "engine"
PREFIX = "Vdesign"
INCLUDED = frozenset({".sv", ".svh", ".v", ".vh", ".h", ".inc"})
"""Suffixes of the files in an include folder that can end up in the design."""


class Trace(enum.Enum):
    """Recordings of a run: waveforms (FST: compact, VCD: read by everything) or switching activity (SAIF)."""

    FST = "fst"
    VCD = "vcd"
    SAIF = "saif"


@dataclass(frozen=True)
class BuildOptions:
    """How a design is compiled; see :func:`toolkit.sim.build`."""

    observe: bool = False
    stall_inside: bool = False
    trace: Trace | None = None
    random_start: bool = False
    quick: bool = False


def verilator_settings(design: RtlDesign, options: BuildOptions) -> list[str]:
    """Verilator's arguments, those that are no paths."""
    # A delay means nothing in a cycle-accurate run and is ignored; every assertion is kept.
    arguments = ["--cc", "--assert", "--no-timing", "-O3", "--prefix", PREFIX, "--top-module", design.top]
    arguments += ["--timescale-override", "1ns/1ps", "-Wno-fatal", "-Wno-lint"]
    arguments += ["-Werror-USERERROR", "-Werror-USERFATAL"]  # what a module refuses is not built
    if options.quick:  # long functions take the compiler long, netlists above all
        arguments += ["--output-split-cfuncs", "1000"]
    start = "unique" if options.random_start else "fast"
    arguments += ["--x-assign", start, "--x-initial", start]
    if options.trace:
        arguments += [f"--trace-{options.trace.value}", "--trace-structs"]
    for name, text in design.defines.items():
        arguments.append(f"-D{name}" if text is None else f"-D{name}={text}")
    for name, value in design.parameters.items():
        arguments.append(f'-G{name}="{value}"' if isinstance(value, str) else f"-G{name}={value}")
    return arguments


def verilator_arguments(design: RtlDesign, options: BuildOptions, folder: Path) -> list[str]:
    """All arguments (after the command) that turn the design into C++ in ``folder``."""
    includes = [f"-I{Path(path).absolute()}" for path in design.include_dirs]
    sources = [str(Path(path).absolute()) for path in design.sources]
    return [*verilator_settings(design, options), "--Mdir", str(folder), *includes, *sources]


def defines(options: BuildOptions) -> list[str]:
    """Macros every C++ file is compiled with."""
    traces = [f"VM_TRACE_{kind.name}={int(options.trace is kind)}" for kind in Trace]
    ours = [
        f"VL_USER_{what}" for what in ("FINISH", "STOP", "FATAL", "WARN")
    ]  # the harness brings these functions
    other = ["VM_COVERAGE=0", "VM_SC=0", "VM_TIMING=0", f"VM_TRACE={int(options.trace is not None)}"]
    return [f"-D{name}" for name in ("VL_TIME_CONTEXT", "VERILATOR=1", *ours, *other, *traces)]


class Speed(enum.Enum):
    """How much a C++ file is optimised: for its run time, or for the time its compilation takes."""

    CYCLE = ("-O3", "-march=native")  # runs in every cycle
    QUICK = ("-O1", "-march=native")  # the same, of a simulation that will not run long
    LIBRARY = ("-O1",)  # Verilator's library: what a cycle needs of it is in its headers
    ONCE = ("-O0",)  # runs once


def compiler_flags(options: BuildOptions, root: Path, speed: Speed) -> list[str]:
    """Flags of one C++ file; ``root`` is Verilator's."""
    folders = [ENGINE, root / "include", root / "include" / "vltstd"]
    if not libraries(options, root):
        folders.append(ENGINE / "plain")
    includes = [f"-I{path}" for path in folders]
    return ["-std=c++20", "-pthread", *speed.value, *defines(options), *includes]


def libraries(options: BuildOptions, root: Path) -> list[str]:
    """Libraries to link. The FST writer of newer versions makes do with what ``engine/plain`` has."""
    own_writer = (root / "include" / "fstcpp").is_dir()
    return ["-lz"] if options.trace is Trace.FST and not own_writer else []


def runtime_sources(options: BuildOptions, root: Path) -> dict[str, tuple[list[Path], Speed]]:
    """C++ that is the same for every design, Verilator's library and the harness: files per unit."""
    names = ["verilated", "verilated_threads"]
    names += [f"verilated_{options.trace.value}_c"] if options.trace else []
    library = {name: ([root / "include" / f"{name}.cpp"], Speed.LIBRARY) for name in names}
    return {**library, "harness": (sorted(ENGINE.glob("*.cpp")), Speed.CYCLE)}


def render_ports(design: RtlDesign) -> str:
    """The C++ file that tells the harness where the design's ports are."""
    return render(ENGINE / "ports.cpp.j2", top=design.top, inputs=design.inputs, outputs=design.outputs)


def runtime_digest(options: BuildOptions, tools: Iterable[str]) -> str:
    """Names the compiled :func:`runtime_sources`; ``tools`` are the versions of what compiles them."""
    words = [*tools, *(flag for speed in Speed for flag in speed.value), *defines(options)]
    return _digest("runtime", words, sorted(path for path in ENGINE.rglob("*") if path.is_file()))


def design_digest(design: RtlDesign, options: BuildOptions, tools: Iterable[str]) -> str:
    """Names the compiled simulator of a design: all it depends on, contents and not places."""
    words = [runtime_digest(options, tools), *verilator_settings(design, options), render_ports(design)]
    words += [f"quick={options.quick}"]
    return _digest("design", words, [*design.sources, *_included(design), *additions(options)])


def _included(design: RtlDesign) -> Iterator[Path]:
    for folder in design.include_dirs:
        yield from sorted(path for path in Path(folder).iterdir() if path.suffix in INCLUDED)


def _digest(kind: str, words: Iterable[str], files: Iterable[Path]) -> str:
    digest = hashlib.sha256(kind.encode())
    for word in words:
        digest.update(f"\0{word}".encode())
    for file in files:
        content = Path(file).read_bytes()
        digest.update(f"\0{Path(file).name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:32]
