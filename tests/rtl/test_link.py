"""The whole link with toy stages, over its serial line: right answers, and no bytes that wedge it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.rtl.link_exams import ABOUT, BYTE, EXAMS, frame, image, request
from tests.rtl.serial_bench import (
    ERROR,
    HEADER,
    IDLE_CYCLES,
    IMAGE_BYTES,
    INFO,
    RUN,
    SYNC,
    TRAILER,
    UNKNOWN_KIND,
    VERSION,
    Bench,
    Packet,
    build,
    decode,
    words,
)

pytestmark = pytest.mark.sim
EXAMPLES = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Bench(build(tmp_path_factory.mktemp("link"))) as running:
        yield running


@pytest.mark.parametrize("exam", EXAMS)
def test_exam(bench: Bench, exam: str) -> None:
    for seed in (1, 2):
        bench.reset()
        EXAMS[exam](bench, np.random.default_rng([seed, *exam.encode()]))
        assert bench.quiet(100) == b""


numbers = st.integers(0, 0xFFFF)
kinds = st.integers(7, 255) | st.just(0)


@EXAMPLES
@given(kinds, numbers, st.integers(0, 255), st.integers(0, 255), numbers, st.binary(max_size=IMAGE_BYTES))
def test_check_sum_of_any_packet(
    bench: Bench, kind: int, sequence: int, stage: int, slot: int, tag: int, payload: bytes
) -> None:
    """Both check sums are those of zlib: a right one is accepted, and the answer has a right one."""
    asked = Packet(kind, sequence, stage, slot, tag, payload)
    assert bench.ask(asked, 1) == asked.error(UNKNOWN_KIND)


# Bytes in which packets seem to begin, and damage to a packet: flipped, lost, doubled bytes.
soup = st.lists(st.sampled_from([SYNC, VERSION, RUN, 0, IMAGE_BYTES]) | st.integers(0, 255), max_size=60)
damage = st.lists(
    st.tuples(st.sampled_from(("flip", "lose", "double", "cut")), st.integers(0, 26), st.integers(0, 7))
)


def damaged(packet: bytes, faults: list[tuple[str, int, int]]) -> bytes:
    data = list(packet)
    for fault, place, bit in faults:
        if place < len(data):
            one = data[place]
            data[place:] = {
                "flip": [one ^ 1 << bit, *data[place + 1 :]],
                "lose": data[place + 1 :],
                "double": [one, one, *data[place + 1 :]],
                "cut": [],
            }[fault]
    return bytes(data)


@EXAMPLES
@example([([SYNC], [("lose", 0, 0)])], 0)
@given(st.lists(st.tuples(soup, damage), min_size=1, max_size=4), st.integers(0, 1 << 32))
def test_nothing_wedges_it(bench: Bench, rounds: list[tuple[list[int], list]], seed: int) -> None:
    """Only whole packets are executed; after an idle gap a valid request is answered."""
    rng = np.random.default_rng(seed)
    asked, line = [], b""
    for garbage, faults in rounds:
        asked.append(request(RUN, rng, payload=image(rng)))
        sent = bytes(garbage) + damaged(asked[-1].encode(), faults)
        line += sent
        bench.send(sent)
    bench.run(IDLE_CYCLES + 2 * BYTE)
    answers = decode(bench.quiet(14000))
    executed = [found for found in answers if found.kind != ERROR]
    # Looked for on the whole line: garbage may make good what a packet has lost.
    assert len(executed) <= sum(packet.encode() in line for packet in asked)
    sequences = {p.sequence for p in asked}
    assert all(found.kind == RUN | 0x80 and found.sequence in sequences for found in executed)
    data = image(rng)
    frame(bench, request(RUN, rng, payload=data), words(data))
    assert bench.quiet(200) == b""


def test_every_rate_within_two_percent(bench: Bench) -> None:
    for off in np.linspace(-0.02, 0.02, 17):
        asked = Packet(INFO, sequence=7)
        bench.send(asked, float(off))
        assert bench.replies(HEADER + len(ABOUT) + TRAILER) == [asked.reply(ABOUT)]
