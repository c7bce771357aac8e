"""The plan of a build as data: arguments of Verilator and the compiler, digests of the results.

No function here runs a program.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from toolkit.core.paths import is_file, is_folder
from toolkit.core.templates import render
from toolkit.sim.design import RtlDesign
from toolkit.sim.options import BuildOptions, Trace
from toolkit.sim.queues import additions

ENGINE = Path(__file__).parent / "engine"
PREFIX = "Vdesign"
INCLUDED = frozenset({".sv", ".svh", ".v", ".vh", ".h", ".inc"})
"""Suffixes of the files in an include folder that can become part of the design."""


def verilator_settings(design: RtlDesign, options: BuildOptions) -> list[str]:
    """Return Verilator's arguments except paths."""
    # --no-timing: a cycle-accurate run ignores delays. --assert: every assertion stays active.
    arguments = ["--cc", "--assert", "--no-timing", "-O3", "--prefix", PREFIX, "--top-module", design.top]
    arguments += ["--timescale-override", "1ns/1ps", "-Wno-fatal", "-Wno-lint"]
    arguments += ["-Werror-USERERROR", "-Werror-USERFATAL"]  # $error at elaboration ends the build
    if options.quick:  # compile time grows faster than the length of a function, above all for netlists
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
    """Return all arguments that make Verilator write the design as C++ into ``folder``."""
    includes = [f"-I{Path(path).absolute()}" for path in design.include_dirs]
    sources = [str(Path(path).absolute()) for path in design.sources]
    return [*verilator_settings(design, options), "--Mdir", str(folder), *includes, *sources]


def defines(options: BuildOptions) -> list[str]:
    """Return the macros that every C++ file is compiled with."""
    traces = [f"VM_TRACE_{kind.name}={int(options.trace is kind)}" for kind in Trace]
    # The harness defines these functions, so that $stop and $finish end a run with a result file.
    ours = [f"VL_USER_{what}" for what in ("FINISH", "STOP", "FATAL", "WARN")]
    other = ["VM_COVERAGE=0", "VM_SC=0", "VM_TIMING=0", f"VM_TRACE={int(options.trace is not None)}"]
    return [f"-D{name}" for name in ("VL_TIME_CONTEXT", "VERILATOR=1", *ours, *other, *traces)]


class Speed(enum.Enum):
    """Optimisation of a C++ file, a trade-off between run time and compile time."""

    CYCLE = ("-O3", "-march=native")  # code that runs in every cycle
    QUICK = ("-O1", "-march=native")  # the same in a simulation of few cycles
    LIBRARY = ("-O1",)  # Verilator's library, whose inner loops are in its headers
    ONCE = ("-O0",)  # code that runs once


def compiler_flags(options: BuildOptions, root: Path, speed: Speed) -> list[str]:
    """Return the compiler flags of one C++ file; ``root`` is Verilator's folder."""
    folders = [ENGINE, root / "include", root / "include" / "vltstd"]
    if not libraries(options, root):
        folders.append(ENGINE / "plain")
    includes = [f"-I{path}" for path in folders]
    return ["-std=c++20", "-pthread", *speed.value, *defines(options), *includes]


def libraries(options: BuildOptions, root: Path) -> list[str]:
    """Return the libraries to link; the FST writer of newer Verilators only needs ``engine/plain``."""
    own_writer = is_folder(root / "include" / "fstcpp")
    return ["-lz"] if options.trace is Trace.FST and not own_writer else []


def runtime_sources(options: BuildOptions, root: Path) -> dict[str, tuple[list[Path], Speed]]:
    """Return the C++ files per unit that every design shares: Verilator's library and the harness."""
    names = ["verilated", "verilated_threads"]
    names += [f"verilated_{options.trace.value}_c"] if options.trace else []
    library = {name: ([root / "include" / f"{name}.cpp"], Speed.LIBRARY) for name in names}
    return {**library, "harness": (sorted(ENGINE.glob("*.cpp")), Speed.CYCLE)}


def render_ports(design: RtlDesign) -> str:
    """Return the C++ file that connects the harness to the ports of the design."""
    return render(ENGINE / "ports.cpp.j2", top=design.top, inputs=design.inputs, outputs=design.outputs)


def runtime_digest(options: BuildOptions, tools: Iterable[str]) -> str:
    """Return the digest of the compiled :func:`runtime_sources`; ``tools`` are versions of the tools."""
    words = [*tools, *(flag for speed in Speed for flag in speed.value), *defines(options)]
    return _digest("runtime", words, sorted(path for path in ENGINE.rglob("*") if is_file(path)))


def design_digest(design: RtlDesign, options: BuildOptions, tools: Iterable[str]) -> str:
    """Return the digest of a compiled simulator: contents and options that it depends on, no paths."""
    words = [runtime_digest(options, tools), *verilator_settings(design, options), render_ports(design)]
    words += [f"quick={options.quick}"]
    return _digest("design", words, [*design.sources, *included(design), *additions(options)])


def included(design: RtlDesign) -> Iterator[Path]:
    """Yield the files in include folders that can become part of the design."""
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
