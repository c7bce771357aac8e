"""The link with toy stages, driven over its serial line in a simulation, and what it must answer."""

from __future__ import annotations

import re
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.rtl.files import all_files
from tests.rtl.running_bench import RunningBench
from toolkit.core import tools
from toolkit.core.process import Command, execute

HERE = Path(__file__).parent
DESIGNS = HERE / "designs"

SYNC, VERSION = 0xD5, 1
INFO, RUN, GO, STOP, COUNTERS, RESET = range(1, 7)
ERROR = 0xFF
CRC, WRONG_VERSION, UNKNOWN_KIND, LENGTH, BUSY, NOT_HELD, NO_ANSWER, NO_STAGE = range(1, 9)
HEADER, TRAILER = 11, 4  # bytes
WORDS = 6
IMAGE_BYTES = 2 * WORDS
CLOCKS_PER_BIT, IDLE_CYCLES, WATCHDOG_CYCLES, BUFFERS, SLOTS = 4, 400, 8000, 4, 5
# Per stage: beats, bytes of a beat, elements in it, bits of an element.
LOGITS = ((4, 2, 1, 11), (2, 3, 3, 7), (1, 3, 5, 4))


@dataclass(frozen=True)
class Packet:
    """A packet of either direction."""

    kind: int
    sequence: int = 0
    stage: int = 0
    slot: int = 0
    tag: int = 0
    payload: bytes = b""
    version: int = VERSION

    def encode(self, *, length: int | None = None) -> bytes:
        """Its bytes; with a ``length`` that is not the payload's, if one is given."""
        length = len(self.payload) if length is None else length
        body = bytes([self.version, self.kind, *self.sequence.to_bytes(2, "little"), self.stage, self.slot])
        body += self.tag.to_bytes(2, "little") + length.to_bytes(2, "little") + self.payload
        return bytes([SYNC]) + body + zlib.crc32(body).to_bytes(4, "little")

    def reply(self, payload: bytes = b"") -> Packet:
        """What answers it."""
        return Packet(self.kind | 0x80, self.sequence, self.stage, self.slot, self.tag, payload)

    def error(self, code: int) -> Packet:
        """What refuses it."""
        return Packet(ERROR, self.sequence, self.stage, self.slot, self.tag, bytes([code]))


def decode(data: bytes) -> list[Packet]:
    """Packets that follow each other without a gap.

    Raises:
        ValueError: anything else.
    """
    found = []
    while data:
        length = int.from_bytes(data[9:11], "little")
        packet, data = data[: HEADER + length + TRAILER], data[HEADER + length + TRAILER :]
        kind, stage, slot = packet[2], packet[5], packet[6]
        sequence, tag = (int.from_bytes(packet[i : i + 2], "little") for i in (3, 7))
        found.append(Packet(kind, sequence, stage, slot, tag, packet[HEADER:-TRAILER]))
        if found[-1].encode() != packet:
            raise ValueError(f"no packet: {packet.hex()}")
    return found


def words(image: bytes) -> list[int]:
    return [int(word) for word in np.frombuffer(image, "<u2")]


def feature_map(data: list[int]) -> list[int]:
    """What a toy stage hands on."""
    return [(word * 5 + 1) & 0xFFFF for word in data]


def logits(stage: int, data: list[int]) -> tuple[bytes, int]:
    """A toy stage's logits as bytes of its beats, and which is the greatest."""
    beats, size, lanes, bits = LOGITS[stage]
    total = sum((j + 3) * word for j, word in enumerate(data))
    values = [total * (i + 1) % 2**bits for i in range(beats * lanes)]
    signed = [value - (value >> bits - 1 << bits) for value in values]
    out = b""
    for b in range(beats):
        beat = 2 ** (8 * size) - 2 ** (lanes * bits)  # padding is ones
        beat += sum(values[b * lanes + i] << i * bits for i in range(lanes))
        out += beat.to_bytes(size, "little")
    return out, signed.index(max(signed))


class Bench(RunningBench):
    """A running simulation of ``link_bench``; ``period`` is in cycles per bit, ``mutant`` a fault of it."""

    def __init__(self, program: Path, period: int = CLOCKS_PER_BIT, mutant: int = 0) -> None:
        self.period = period
        super().__init__(program, mutant)
        self._tell(str(period))
        self.reset()

    def _tell(self, command: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        if not re.fullmatch(r"[0-9a-f ]*", line):
            raise AssertionError(line)
        return line

    def reset(self, cycles: int = 3) -> None:
        self._tell(f"reset {cycles}\nrun 600")  # counters and slots are cleared one by one

    def send(self, data: bytes | Packet, off: float = 0) -> None:
        """Send bytes without gaps, ``off`` times too slow."""
        data = data.encode() if isinstance(data, Packet) else data
        if data:
            self._tell(f"send {self.period * (1 + off)} {data.hex()}")

    def level(self, bit: int, cycles: int) -> None:
        self._tell(f"level {bit} {cycles}")

    def run(self, cycles: int) -> None:
        self._tell(f"run {cycles}")

    def take(self, count: int, limit: int = 20000) -> bytes:
        """Bytes the device has sent: at least ``count``, unless none comes for ``limit`` cycles in all."""
        self._tell(f"take {count} {limit}")
        return bytes.fromhex(self._answer())

    def quiet(self, cycles: int) -> bytes:
        """Everything the device has sent and sends within ``cycles``."""
        return self.take(1 << 20, cycles)

    def ask(self, request: Packet, answer: int, limit: int = 20000) -> Packet:
        """Send a request and take a reply of ``answer`` bytes of payload."""
        self.send(request)
        return self.replies(HEADER + answer + TRAILER, limit)[0]

    def replies(self, count: int, limit: int = 20000) -> list[Packet]:
        return decode(self.take(count, limit))

    def state(self) -> tuple[int, int, int]:
        """LEDs without the heartbeat, and the bench's own counts of cycles until the last logits and map."""
        self._tell("state")
        led, to_logits, to_map = map(int, self._answer().split())
        return led & 0x7F, to_logits, to_map


def build(
    folder: Path, sources: tuple[Path, ...] = (), top: str = "link_bench", main: str = "serial_main.cpp"
) -> Path:
    """Compile a bench; ``sources`` take the place of our blocks of the same names."""
    names = {path.name: path for path in [*all_files(), *DESIGNS.glob("*.sv"), *sources]}
    verilator, compiler = tools.verilator(), tools.cxx()
    arguments = ["--cc", "--assert", "--no-timing", "-Wno-fatal", "-Wno-lint"]
    arguments += [
        "--x-assign",
        "unique",
        "--x-initial",
        "unique",
        "--prefix",
        "Vbench",
        "--Mdir",
        str(folder),
    ]
    arguments += ["--top-module", top, *map(str, names.values())]
    execute(Command(top, verilator, tuple(arguments)), folder)

    include = verilator.root / "include"
    files = [*folder.glob("*.cpp"), DESIGNS / main]
    files += [include / "verilated.cpp", include / "verilated_threads.cpp"]
    flags = ["-std=c++20", "-pthread", f"-I{folder}", f"-I{include}", f"-I{include / 'vltstd'}"]

    def compiled(file: Path) -> str:
        target = str(folder / f"{file.stem}.o")
        speed = "-O0" if file.parent == include else "-O1"
        execute(Command(file.name, compiler, (speed, *flags, "-c", str(file), "-o", target)), folder)
        return target

    with ThreadPoolExecutor(2) as pool:
        objects = list(pool.map(compiled, files))
    program = folder / "bench"
    execute(Command(top, compiler, ("-pthread", *objects, "-o", str(program))), folder)
    return program
