"""Simulates a design with Yosys' CXXRTL: another front end, another engine, another test bench.

Only the design's description is shared with the first simulator. Memory images become part of the netlist.
"""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toolkit.core import tools
from toolkit.core.artifact import sha256_file, sha256_json
from toolkit.core.errors import SimulationError
from toolkit.core.process import Command, execute
from toolkit.core.sources import code_digest
from toolkit.core.store import Store
from toolkit.core.stream import Stream
from toolkit.core.templates import render
from toolkit.sim.design import RtlDesign
from toolkit.sim.slang import copy_design, images, read_design
from toolkit.sim.stalls import StallPattern

KIND = "second-simulators"
"""Kind of the compiled designs in the store."""
_FOLDER = Path(__file__).parent
_BENCH, _PORTS, _SCRIPT, _DESIGN, _PROGRAM = "bench.cpp", "ports.h", "design.ys", "design.cc", "simulate"
_FLAGS = ("-std=c++17", "-O1", "-DNDEBUG")  # NDEBUG: an empty queue of FINN+'s reads beside its memory
_QUIET_CYCLES = 200_000
_TIMEOUT_S = 3600


@dataclass(frozen=True)
class SecondRun:
    """The result of a run.

    Attributes:
        outputs: integers of every output stream, int64 [frames, beats, lanes].
        first, last: cycle of the first and of the last beat of every frame, int64 [frames], by stream.
    """

    outputs: dict[str, NDArray[np.int64]]
    first: dict[str, NDArray[np.int64]]
    last: dict[str, NDArray[np.int64]]


def run_second(
    design: RtlDesign,
    inputs: Mapping[str, NDArray[np.integer]],
    stalls: StallPattern | None = None,
    cache_dir: Path | None = None,
) -> SecondRun:
    """Simulate frames in one process, from reset.

    Args:
        design: design; its memory images are read when it is compiled.
        inputs: integers per input stream, [frames, beats, lanes].
        stalls: pattern of idle inputs and stalled outputs; None: no stalls.
        cache_dir: folder for compiled designs; by default Offramp's cache folder.

    Raises:
        ForeignCode: a source reaches outside the design.
        ToolMissing: Yosys or the C++ compiler is not installed.
        ToolFailed: one of them refuses the design.
        SimulationError: a stream has fewer or more beats than its frames, or bits beside its lanes are set.
    """
    store = Store(cache_dir)
    folder = store.get(KIND, _key(design), lambda made: _compile(design, made))
    frames = len(next(iter(inputs.values())))
    job = "\n".join([str(_QUIET_CYCLES), *_job(design, inputs, stalls or StallPattern(), frames)])
    program = str(folder / _PROGRAM)
    try:
        done = subprocess.run(
            program, input=job, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        what = f"the second simulation of {design.top}"
        raise SimulationError(what, expected=f"an end within {_TIMEOUT_S} s", found="none") from error
    if done.returncode:
        raise SimulationError(f"the second simulation of {design.top} broke off", found=done.stderr.strip())
    return _collect(design, done.stdout, frames)


def _key(design: RtlDesign) -> str:
    files = [*design.sources, *images(design)]
    return sha256_json(
        [
            *(code_digest("toolkit.sim.second.engine"), (_FOLDER / _BENCH).read_text(), _ports(design)),
            *(_script(design), tools.yosys().version, tools.cxx().version, list(_FLAGS)),
            *([file.name, sha256_file(file)] for file in files),
        ]
    )


def _compile(design: RtlDesign, folder: Path) -> None:
    copy_design(design, folder)
    texts = {_SCRIPT: _script(design), _PORTS: _ports(design), _BENCH: (_FOLDER / _BENCH).read_text()}
    what = f"second simulation of {design.top}"
    execute(Command(what, tools.yosys(), ("-q", "-s", _SCRIPT), (_DESIGN,), texts=texts), folder)
    runtime = f"-I{tools.yosys_share() / 'include' / 'backends' / 'cxxrtl' / 'runtime'}"
    arguments = (*_FLAGS, runtime, "-I.", _BENCH, "-o", _PROGRAM)
    execute(Command(f"compilation of the {what}", tools.cxx(), arguments, (_PROGRAM,)), folder)
    for file in folder.iterdir():
        if file.name != _PROGRAM:
            file.unlink()


def _script(design: RtlDesign) -> str:
    return f"{read_design(design)}opt_clean\nwrite_cxxrtl -g0 -noproc -noflatten {_DESIGN}\n"


def _ports(design: RtlDesign) -> str:
    def wires(streams: Sequence[Stream]) -> list[tuple[str, ...]]:
        ports = ("tdata", "tvalid", "tready")
        return [(one.name, *(_mangled(f"{one.name}_{port}") for port in ports)) for one in streams]

    return render(
        _FOLDER / f"{_PORTS}.j2",
        top=design.top,
        module=_mangled(design.top),
        clock=_mangled("ap_clk"),
        reset=_mangled("ap_rst_n"),
        inputs=wires(design.inputs),
        outputs=wires(design.outputs),
    )


def _mangled(name: str) -> str:
    return f"p_{name.replace('_', '__')}"


def _job(
    design: RtlDesign, inputs: Mapping[str, NDArray[np.integer]], stalls: StallPattern, frames: int
) -> Iterator[str]:
    for streams, share in ((design.inputs, stalls.input_idle), (design.outputs, stalls.output_stall)):
        for stream in streams:
            digest = hashlib.sha256(f"{stalls.seed}/{stream.name}/0".encode()).digest()
            seed = int.from_bytes(digest[:8], "little")
            enter, stay = stalls.thresholds(share)
            yield f"{stream.name} {enter} {stay} {seed} {frames * stream.beats}"
            if stream in design.inputs:
                yield from (
                    _word(beat, stream) for beat in inputs[stream.name].reshape(-1, stream.lanes).tolist()
                )


def _word(lanes: Sequence[int], stream: Stream) -> str:
    """Return the hexadecimal digits of a beat: lane i at bits ``[i*element_bits +: element_bits]``."""
    bits = stream.element_bits
    return f"{sum((value % (1 << bits)) << (bits * lane) for lane, value in enumerate(lanes)):x}"


def _lanes(word: int, stream: Stream) -> list[int]:
    bits, half = stream.element_bits, 1 << (stream.element_bits - 1) if stream.signed else 0
    values = (word >> (bits * lane) & ((1 << bits) - 1) for lane in range(stream.lanes))
    return [((value ^ half) - half) for value in values]


def _collect(design: RtlDesign, printed: str, frames: int) -> SecondRun:
    outputs, first, last = {}, {}, {}
    beats: dict[str, list[list[str]]] = {}
    for line in printed.splitlines():
        name, *rest = line.split()
        beats.setdefault(name, []).append(rest)
    for stream in (*design.inputs, *design.outputs):
        found = beats.get(stream.name, [])
        if len(found) != frames * stream.beats:
            raise SimulationError(
                f"beats of {stream.name} in the second simulation of {design.top}",
                expected=f"{frames} frames of {stream.beats}",
                found=len(found),
            )
        cycles = np.array([int(one[0]) for one in found], np.int64).reshape(frames, stream.beats)
        first[stream.name], last[stream.name] = cycles[:, 0], cycles[:, -1]
        if stream in design.outputs:
            outputs[stream.name] = _values([int(one[1], 16) for one in found], stream, frames)
    return SecondRun(outputs, first, last)


def _values(words: Sequence[int], stream: Stream, frames: int) -> NDArray[np.int64]:
    for number, word in enumerate(words):
        if word >> stream.width:
            frame, beat = divmod(number, stream.beats)
            raise SimulationError(
                f"padding of stream {stream.name} in frame {frame}, beat {beat} of the second simulation",
                expected="zeros above the last lane",
                found=f"{word >> stream.width:#x}",
            )
    return np.array([_lanes(word, stream) for word in words], np.int64).reshape(
        frames, stream.beats, stream.lanes
    )
