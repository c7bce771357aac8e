"""Instances of the two blocks between a DMA's words and a stage's beats, with plans and references.

A word is 73 bits: data, keep, last. A plan says how many bytes each transfer has, and fixes how many beats
come out; the bytes are random.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tests.rtl.cases import Case
from toolkit.core.stream import Stream

WORD = 8
HOLE = 0b00101111
"""What is kept of a word that no DMA makes."""
Transfer = tuple[int, int]
"""Bytes of a transfer, and what is kept of its first word."""


def words_of(transfers: Sequence[Transfer], rng: np.random.Generator) -> np.ndarray:
    """The words of transfers, uint8 [words, 73] of bits; a transfer of no bytes has a word of none."""
    words = []
    for size, first in transfers:
        count = max(1, -(-size // WORD))
        for i in range(count):
            kept = (1 << min(WORD, size - i * WORD)) - 1 & (first if i == 0 else 0xFF)
            value = int(rng.integers(1 << 63)) << 1 | int(rng.integers(2))
            value |= kept << 64 | (i == count - 1) << 72
            words.append([value >> bit & 1 for bit in range(73)])
    return np.array(words, np.uint8)


def number(bits: np.ndarray) -> int:
    """Bits, the lowest first, as a number."""
    return int("".join(map(str, bits[::-1].tolist())), 2)


def beats_of(words: np.ndarray, size: int, beats: int) -> list[int]:
    """What :file:`axis_input_bench.sv` must show for words, [N, 73] bits: cuts, frames begun, the beat."""
    unit, frame = math.gcd(WORD, size), size * beats
    shown, data, frames, cuts, ragged = list[int](), bytearray(), 0, 0, False

    def show(upto: int, cut: int) -> None:
        """Show the beats of the frame in ``data`` from the first that is not shown yet."""
        nonlocal index
        while (index + 1) * size <= upto:
            begun = frames + (index > 0)
            beat = int.from_bytes(data[index * size : (index + 1) * size], "little")
            shown.append((cut << 16 | begun) << 8 * size | beat)
            index += 1

    index = 0
    for word in map(number, words):
        keep, last = word >> 64 & 0xFF, word >> 72
        kept = next((i for i in range(0, WORD, unit) if not keep >> i & 1), WORD)  # in whole units
        ragged |= keep != (1 << kept) - 1 or (not last and keep != 0xFF)
        data += (word & (1 << 64) - 1).to_bytes(WORD, "little")[:kept]
        while len(data) >= frame:
            show(frame, cuts)
            data, index, frames = data[frame:], 0, frames + 1
        if last and data:
            show(len(data), cuts)
            cuts += 1
            data += bytes(frame - len(data))
            show(frame, cuts)
            data, index, frames = bytearray(), 0, frames + 1
        elif last:
            cuts += ragged
        ragged &= not last
    return shown


def plan(size: int, beats: int, rng: np.random.Generator) -> list[Transfer]:
    """Transfers of whole frames, cut short, too long, empty, and with a hole."""
    frame = size * beats
    found: list[Transfer] = [(0, 0xFF), (frame, 0xFF), (3 * frame, 0xFF)]
    for _ in range(4):
        whole = int(rng.integers(1, 4)) * frame
        found += [(whole, 0xFF), (whole + int(rng.integers(-frame + 1, frame)), 0xFF)]
    found += [(max(1, frame - 1), 0xFF), (frame + 1, 0xFF), (2 * frame + 8, HOLE), (0, 0xFF), (frame, 0xFF)]
    return [found[i] for i in rng.permutation(len(found))]


def bits(name: str, width: int, beats: int) -> Stream:
    return Stream(name, 1, False, width, beats)


def to_beats(size: int, beats: int) -> tuple[Case, list[Transfer]]:
    """An input block for beats of ``size`` bytes."""
    rng = np.random.default_rng([size, beats])
    transfers, width, name = plan(size, beats, rng), 8 * size + 32, f"beats{size}x{beats}"
    words = words_of(transfers, rng)

    def reference(x: np.ndarray) -> np.ndarray:
        shown = beats_of(x.reshape(-1, 73), size, beats)
        flat = [[value >> bit & 1 for bit in range(width)] for value in shown]
        return np.array(flat).reshape(len(x), -1, width)

    count = len(beats_of(words, size, beats))
    parameters: dict[str, int | str] = {"BEAT_BYTES": size, "BEATS": beats}
    source, target = bits(f"{name}In", 73, len(words)), bits(f"{name}Out", width, count)
    return Case(name, "axis_input_bench", parameters, source, target, reference), transfers


def to_words(size: int, beats: int, frames: int = 5) -> Case:
    """An output block for beats of ``size`` bytes."""
    name, per_frame = f"words{size}x{beats}", -(-size * beats // WORD)

    def reference(x: np.ndarray) -> np.ndarray:
        found = []
        for number_, frame in enumerate(np.packbits(x, axis=-1, bitorder="little").reshape(-1, size * beats)):
            for i in range(per_frame):
                chunk = frame[i * WORD : (i + 1) * WORD].tobytes()
                value = number_ << 73 | (i == per_frame - 1) << 72 | (1 << len(chunk)) - 1 << 64
                value |= int.from_bytes(chunk, "little")
                found.append([value >> bit & 1 for bit in range(89)])
        return np.array(found).reshape(len(x), -1, 89)

    parameters: dict[str, int | str] = {"BEAT_BYTES": size, "BEATS": beats}
    source = bits(f"{name}In", 8 * size, beats * frames)
    target = bits(f"{name}Out", 89, per_frame * frames)
    return Case(name, "axis_output_bench", parameters, source, target, reference)


CONSTANTS = {0x000: 0x4F465250, 0x004: 1, 0x008: 2} | {
    0x020 + 4 * i: word
    for i, word in enumerate(
        (0x01234567, 0x89ABCDEF, 0xFEDCBA98, 0x76543210, 0x0F1E2D3C, 0x4B5A6978, 0x8796A5B4, 0xC3D2E1F0)
    )
}
OF_STAGES = ((0, 21, 22, 23, 41, 42, 43, 44), (0, 11, 12, 0, 31, 32, 33, 34))
WIDE = {0x120: 0x5300000054, 0x128: 0x6300000064, 0x160: 0x5100000052, 0x168: 0x6100000062}
"""What :file:`axi_registers_bench.sv` reads at each address; counters of 64 bits apart."""


def read_registers(addresses: np.ndarray) -> np.ndarray:
    """What must be read at addresses, one after the other; the first is that of a counter of 64 bits."""
    known = CONSTANTS | {
        0x100 + 64 * k + 4 * i: v for k, own in enumerate(OF_STAGES) for i, v in enumerate(own)
    }
    found, high = [], 0
    for address in addresses.ravel().tolist():
        if address == 0x00C:
            found.append(high)
        elif address in WIDE:
            high = WIDE[address] >> 32
            found.append(WIDE[address] & 0xFFFFFFFF)
        else:
            found.append(known.get(address, 0))
    return np.array(found).reshape(addresses.shape)


REGISTERS = Case(
    "registers",
    "axi_registers_bench",
    {},
    Stream("registersIn", 12, False, 1, 200),
    Stream("registersOut", 32, False, 1, 200),
    read_registers,
)


def addresses(frames: int, seed: int) -> np.ndarray:
    """Addresses to read, [frames, 200, 1], often of counters and their high halves."""
    rng = np.random.default_rng(seed)
    found = rng.integers(0, 1024, (frames, 200, 1)) * 4
    found = np.where(rng.random(found.shape) < 0.4, rng.choice([*CONSTANTS, *WIDE], found.shape), found)
    found = np.where(rng.random(found.shape) < 0.3, 0x00C, found)
    found[:, 0] = 0x120
    return found


def values(case: Case, transfers: Sequence[Transfer], frames: int, seed: int) -> np.ndarray:
    """Words of the plan with random bytes, [frames, words, 73]."""
    rng = np.random.default_rng([seed, *case.name.encode()])
    return np.stack([words_of(transfers, rng) for _ in range(frames)])
