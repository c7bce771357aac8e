"""What the link must do, as functions of a bench that was just reset. Each fails with an AssertionError."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.rtl.serial_bench import (
    BUFFERS,
    BUSY,
    CLOCKS_PER_BIT,
    COUNTERS,
    CRC,
    GO,
    HEADER,
    IDLE_CYCLES,
    IMAGE_BYTES,
    INFO,
    LENGTH,
    LOGITS,
    NO_ANSWER,
    NO_STAGE,
    NOT_HELD,
    RESET,
    RUN,
    SLOTS,
    STOP,
    SYNC,
    TRAILER,
    UNKNOWN_KIND,
    WRONG_VERSION,
    Bench,
    Packet,
    feature_map,
    logits,
    words,
)

BYTE = 10 * CLOCKS_PER_BIT  # cycles
HANGS = b"\xff\xff" + bytes(IMAGE_BYTES - 2)
STAGES = len(LOGITS)
ABOUT = bytes.fromhex(
    # Digest. Its first byte is not 0: a memory cleared by mistake would look right.
    "c3112233445566778899aabbccddeeff0123456789abcdeffedcba9876543210"
    "01000000" "03" "04" "0500" "0c00" "0800" "0600" "0300"
)  # fmt: skip


def image(rng: np.random.Generator) -> bytes:
    """A random one that no toy stage hangs at."""
    while True:
        data = rng.choice([0, SYNC, 255, *rng.integers(0, 256, 9)], IMAGE_BYTES).astype(np.uint8).tobytes()
        values = words(data)
        if 0xFFFF not in (values[0], feature_map(values)[0], feature_map(feature_map(values))[0]):
            return data


def request(kind: int, rng: np.random.Generator, **fields: int | bytes) -> Packet:
    """One with a random sequence, and a random tag if none is given."""
    sequence, tag = (int(x) for x in rng.integers(0, 1 << 16, 2))
    return Packet(kind, **{"sequence": sequence, "tag": tag, **fields})  # type: ignore[arg-type]


def frame(bench: Bench, asked: Packet, values: list[int]) -> int:
    """Ask for a frame at a stage whose input is ``values``, and check the answer; returns its class."""
    expected, index = logits(asked.stage, values)
    found = bench.ask(asked, 8 + len(expected))
    _, to_logits, to_map = bench.state()
    cycles = to_logits.to_bytes(4, "little") + to_map.to_bytes(4, "little")
    assert found == asked.reply(cycles + expected)
    assert to_logits > 0
    assert (to_map > 0) == (asked.stage < STAGES - 1)
    return index


def counters(bench: Bench) -> list[int]:
    payload = bench.ask(Packet(COUNTERS), 12 * STAGES + 16).payload
    ends = [*(end for k in range(STAGES) for end in (12 * k + 4, 12 * k + 12)), *range(40, 53, 4)]
    return [
        int.from_bytes(payload[start:end], "little")
        for start, end in zip([0, *ends[:-1]], ends, strict=True)
    ]  # fmt: skip


def info(bench: Bench, rng: np.random.Generator) -> None:
    asked = request(INFO, rng, stage=200, slot=255)
    assert bench.ask(asked, len(ABOUT)) == asked.reply(ABOUT)
    assert counters(bench) == [0] * (2 * STAGES + 4)


def frames(bench: Bench, rng: np.random.Generator) -> None:
    """Frames through all stages; the class on the LEDs; the counters of both kinds."""
    expected = [0] * (2 * STAGES + 4)
    for number in range(12):
        data = bytes(IMAGE_BYTES) if number == 0 else image(rng)  # zeros: all logits are equal
        slot, tag, values = int(rng.integers(SLOTS)), int(rng.integers(1 << 16)), words(data)
        for stage in range(STAGES):
            payload = data if stage == 0 else b""
            asked = request(RUN if stage == 0 else GO, rng, stage=stage, slot=slot, tag=tag, payload=payload)
            led = bench.state()[0]
            for _ in range(1 + number % 2):  # a repeated request is answered again
                index = frame(bench, asked, values)
                expected[2 * stage] += 1
                expected[2 * stage + 1] += bench.state()[1]
            values = feature_map(values)
            if stage < STAGES - 1:
                assert bench.state()[0] == led
            if stage == number % (STAGES + 1):
                stop = request(STOP, rng, stage=stage, slot=slot, tag=tag)
                assert bench.ask(stop, 0) == stop.reply()
                assert bench.state()[0] == 16 * stage + index
                break
        else:
            assert bench.state()[0] == 16 * (STAGES - 1) + index
    for _ in range(120):  # over a byte of a counter
        data = image(rng)
        frame(bench, request(RUN, rng, payload=data), words(data))
        expected[0] += 1
        expected[1] += bench.state()[1]
    assert expected[1] > 256
    assert counters(bench) == expected


def slots(bench: Bench, rng: np.random.Generator) -> None:
    """Many frames at a time; each slot gives its own map for its own tag only."""
    kept = []
    for slot in range(SLOTS):
        data, tag = image(rng), int(rng.integers(1 << 16))
        frame(bench, request(RUN, rng, slot=slot, tag=tag, payload=data), words(data))
        kept.append((tag, words(data)))
    for slot in rng.permutation(SLOTS).tolist():
        tag, values = kept[slot]
        for stage, wrong in ((1, tag ^ 1), (1, tag ^ 0x8000), (2, tag)):
            asked = request(GO, rng, stage=stage, slot=slot, tag=wrong)
            assert bench.ask(asked, 1) == asked.error(NOT_HELD)
        index = frame(bench, request(GO, rng, stage=1, slot=slot, tag=tag), feature_map(values))
        other = request(STOP, rng, stage=1, slot=slot, tag=tag ^ 0x100)  # frees nothing, shows nothing
        led = bench.state()[0]
        assert bench.ask(other, 0) == other.reply()
        assert bench.state()[0] == led & 0x3F
        if slot % 2:
            frame(bench, request(GO, rng, stage=1, slot=slot, tag=tag), feature_map(values))
        stop = request(STOP, rng, stage=1, slot=slot, tag=tag)
        for _ in range(2):
            assert bench.ask(stop, 0) == stop.reply()
            assert bench.state()[0] == 16 + index
        for stage in (1, 2):
            asked = request(GO, rng, stage=stage, slot=slot, tag=tag)
            assert bench.ask(asked, 1) == asked.error(NOT_HELD)


def refusals(bench: Bench, rng: np.random.Generator) -> None:
    """Every wrong request is refused with its code, and the next one is executed."""
    data = image(rng)
    run = request(RUN, rng, payload=data)
    whole = run.encode()
    flipped = bytearray(whole)
    flipped[rng.integers(HEADER, len(whole))] ^= 1 << int(rng.integers(8))
    wrong: list[tuple[bytes, Packet]] = [
        (bytes(flipped), run.error(CRC)),
        *((p.encode(), p.error(UNKNOWN_KIND)) for p in (request(k, rng) for k in (0, 7, 34, 129, 255))),
    ]
    unknown = request(7, rng, payload=data)
    wrong.append((unknown.encode(), unknown.error(UNKNOWN_KIND)))
    for version in (0, 2, 0x81):
        other = request(INFO, rng, version=version)
        wrong.append((other.encode(), other.error(WRONG_VERSION)))
    lengths = ((RUN, 0), (RUN, IMAGE_BYTES - 1), (GO, 1), (INFO, IMAGE_BYTES), (STOP, 256), (99, 13))
    for kind, length in lengths:
        asked = request(kind, rng, stage=int(kind == GO))
        wrong.append((asked.encode(length=length)[:HEADER], asked.error(LENGTH)))
    for kind, stage in ((RUN, 1), (RUN, 128), (GO, 0), (GO, STAGES), (GO, 128), (STOP, STAGES), (STOP, 255)):
        asked = request(kind, rng, stage=stage, payload=data if kind == RUN else b"")
        wrong.append((asked.encode(), asked.error(NO_STAGE)))
    for kind, slot in ((RUN, SLOTS), (RUN, 255), (GO, SLOTS), (STOP, 128)):
        asked = request(kind, rng, stage=int(kind == GO), slot=slot, payload=data if kind == RUN else b"")
        wrong.append((asked.encode(), asked.error(NOT_HELD)))
    for sent, expected in wrong:
        bench.send(sent)
        assert bench.replies(HEADER + 1 + TRAILER) == [expected]
        assert bench.state()[0] & 64
        asked = request(INFO, rng)
        assert bench.ask(asked, len(ABOUT)) == asked.reply(ABOUT)
        assert not bench.state()[0] & 64
    assert counters(bench) == [0] * (2 * STAGES) + [1, 0, 0, 0]


def queue(bench: Bench, rng: np.random.Generator) -> None:
    """Requests that wait are answered in order; more than fit are refused, still more are lost."""
    for _ in range(3):
        sent = [request(RUN, rng, payload=image(rng)) for _ in range(BUFFERS)]
        bench.send(b"".join(p.encode() for p in sent))
        size = 8 + LOGITS[0][0] * LOGITS[0][1]
        for asked, found in zip(sent, bench.replies(BUFFERS * (HEADER + size + TRAILER)), strict=True):
            assert found == asked.reply(found.payload[:8] + logits(0, words(asked.payload))[0])
    hung = request(RUN, rng, payload=HANGS)
    rest = [request(STOP, rng) for _ in range(2 * BUFFERS + 1)]
    bench.send(b"".join(p.encode() for p in [hung, *rest]))
    expected = [hung.error(NO_ANSWER), *(p.reply() for p in rest[: BUFFERS - 1])]
    expected += [p.error(BUSY) for p in rest[BUFFERS - 1 : 2 * BUFFERS - 1]]
    count = sum(HEADER + len(p.payload) + TRAILER for p in expected)
    assert bench.replies(count) == expected
    assert bench.quiet(3000) == b""
    assert counters(bench)[2 * STAGES :] == [0, BUFFERS + 2, 0, 1]


def watchdog(bench: Bench, rng: np.random.Generator) -> None:
    """A stage that hangs is reset, and what the slots held is forgotten."""
    data, tag = image(rng), 1234
    for stage in range(STAGES):
        frame(bench, request(RUN, rng, slot=1, tag=tag, payload=data), words(data))
        hangs = words(HANGS)
        for _ in range(stage):
            hangs = [(word - 1) * pow(5, -1, 1 << 16) & 0xFFFF for word in hangs]
        payload = b"".join(word.to_bytes(2, "little") for word in hangs)
        asked = request(RUN, rng, slot=2, tag=tag, payload=payload)
        for k in range(stage):
            frame(bench, asked, hangs)
            hangs = feature_map(hangs)
            asked = request(GO, rng, stage=k + 1, slot=2, tag=tag)
        assert bench.ask(asked, 1) == asked.error(NO_ANSWER)
        for slot in (1, 2):
            lost = request(GO, rng, stage=1, slot=slot, tag=tag)
            assert bench.ask(lost, 1) == lost.error(NOT_HELD)
        frame(bench, request(RUN, rng, slot=2, tag=tag, payload=data), words(data))
    assert counters(bench)[-1] == STAGES
    asked = request(RESET, rng)
    assert bench.ask(asked, 0) == asked.reply()
    lost = request(GO, rng, stage=1, slot=2, tag=tag)
    assert bench.ask(lost, 1) == lost.error(NOT_HELD)
    assert counters(bench)[-1] == STAGES


def silence(bench: Bench, rng: np.random.Generator) -> None:
    """A packet that stops half-way is given up; a short pause is none of that."""
    whole = request(RUN, rng, payload=image(rng)).encode()
    for number, cut in enumerate((1, 2, 10, HEADER, HEADER + 3, len(whole) - 1)):
        bench.send(whole[:cut])
        bench.run(IDLE_CYCLES + 2 * BYTE)
        assert bench.quiet(1000) == b""
        data = image(rng)
        asked = request(RUN, rng, payload=data)
        bench.send(asked.encode()[:cut])
        bench.run(IDLE_CYCLES - 2 * BYTE)
        bench.send(asked.encode()[cut:])
        size = 8 + LOGITS[0][0] * LOGITS[0][1]
        (found,) = bench.replies(HEADER + size + TRAILER)
        assert found == asked.reply(found.payload[:8] + logits(0, words(data))[0])
        assert counters(bench)[-2] == number + 1


def line(bench: Bench, rng: np.random.Generator) -> None:
    """Another rate, glitches, a line held low, a sync byte too many."""
    size = 8 + LOGITS[0][0] * LOGITS[0][1]
    for off in (-0.02, -0.01, 0.0, 0.01, 0.02):
        for _ in range(6):
            data = image(rng)
            asked = request(RUN, rng, payload=data)
            bench.send(asked, off)
            (found,) = bench.replies(HEADER + size + TRAILER)
            assert found == asked.reply(found.payload[:8] + logits(0, words(data))[0])
    asked = request(INFO, rng)
    whole = bytes([SYNC]) + asked.encode()
    for i, _ in enumerate(whole):
        bench.send(whole[i : i + 1])
        bench.level(0, 1)
        bench.run(int(rng.integers(2, 2 * BYTE)))
    assert bench.replies(HEADER + len(ABOUT) + TRAILER) == [asked.reply(ABOUT)]
    bench.send(bytes([SYNC]))
    bench.level(0, 8 * BYTE)  # one byte, the version 0
    bench.run(BYTE // 2)
    asked = Packet(INFO, 0x0201, 3, 4, 0x0605)
    bench.send(asked)
    shifted = Packet(SYNC, 0x0101, 1, 2, 0x0403)
    assert bench.replies(HEADER + 1 + TRAILER) == [shifted.error(WRONG_VERSION)]
    assert bench.ask(asked, len(ABOUT)) == asked.reply(ABOUT)


def resets(bench: Bench, rng: np.random.Generator) -> None:
    """At any time, the device answers the next request as if it were the first."""
    whole = request(RUN, rng, payload=image(rng), slot=1, tag=5).encode()
    for cycles in [*range(0, 30 * BYTE, 3 * BYTE + 1), *rng.integers(30 * BYTE, 60 * BYTE, 20).tolist()]:
        bench.send(whole[: 1 + cycles // BYTE])
        bench.run(cycles % BYTE + max(0, cycles - len(whole) * BYTE))
        bench.reset()
        bench.quiet(2 * BYTE)  # the line went high in mid-byte
        lost = request(GO, rng, stage=1, slot=1, tag=5)
        assert bench.ask(lost, 1) == lost.error(NOT_HELD)
        assert counters(bench) == [0] * (2 * STAGES + 4)


EXAMS: dict[str, Callable[[Bench, np.random.Generator], None]] = {
    exam.__name__: exam for exam in (info, frames, slots, refusals, queue, watchdog, silence, line, resets)
}
