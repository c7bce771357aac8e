"""A board that answers, but not with what answers the request: the error says what the board said."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.runtime.conftest import serial_device
from tests.runtime.fake_board import COUNTERS, GO, INFO, RESET, RUN, FakeBoard
from tests.runtime.test_contract import FRAMES, POLICY, values
from toolkit.links.serial.protocol import ERROR, REPLY, Packet, Refusal, named
from toolkit.runtime import DeviceError, DeviceTimeout, ExitController

QUICK = {"reply_s": 0.05, "retries": 2}
WHOLE = r"to one of 3 requests \({}\), at most 0.15 s after any other; found {}"
REPEATED = (Refusal.CRC, Refusal.VERSION, Refusal.LENGTH, Refusal.BUSY)
"""Refusals after which the request is sent again."""


Says = Callable[[Packet], Packet | None]


def refuses(kind: int, code: int) -> Says:
    """A board that answers a kind of request with an error alone."""

    def says(reply: Packet) -> Packet | None:
        return replace(reply, kind=ERROR, payload=bytes([code])) if reply.kind == kind | REPLY else None

    return says


@pytest.mark.parametrize("code", Refusal)
@pytest.mark.parametrize("kind", [INFO, RESET])
def test_a_refusal_at_opening_is_named(fake_board: FakeBoard, kind: int, code: Refusal) -> None:
    fake_board.says = refuses(kind, code)
    with pytest.raises(DeviceError, match=f"found error {code.value}, {code.meaning}") as caught:
        serial_device(fake_board, **QUICK)
    assert "does not answer" not in str(caught.value)
    assert (" at most 0.15 s after any other" in str(caught.value)) == (code in REPEATED)


@pytest.mark.parametrize("code", sorted({*Refusal, 9, 255} - {Refusal.SLOT}))
def test_a_refusal_of_a_frame_is_named(fake_board: FakeBoard, code: int) -> None:
    """But for SLOT, which means that the board has forgotten the frame: test_device."""
    with serial_device(fake_board, **QUICK) as device:
        fake_board.says = refuses(RUN, code)
        kind = DeviceTimeout if code == Refusal.WATCHDOG else DeviceError
        words = "the board has reset its stages" if code == Refusal.WATCHDOG else f"found error {code}, "
        with pytest.raises(kind, match=words):
            device.run(0, values(FRAMES[:2]), 20.0)


def other_kind(reply: Packet) -> Packet:
    return replace(reply, kind=(reply.kind & ~REPLY) % 6 + 1 | REPLY)


def other_stage(reply: Packet) -> Packet:
    return replace(reply, stage=reply.stage + 3)


@pytest.mark.parametrize(
    ("says", "words"),
    [
        (other_kind, "a reply to RUN for stage 0"),
        (other_stage, "a reply to INFO for stage 3"),
    ],
)
def test_another_reply_is_named(fake_board: FakeBoard, says: Says, words: str) -> None:
    fake_board.says = says
    with pytest.raises(DeviceError, match="refuses INFO.* " + WHOLE.format("INFO", words)):
        serial_device(fake_board, **QUICK)


def test_a_board_that_chatters_is_given_up_like_a_silent_one(fake_board: FakeBoard) -> None:
    with serial_device(fake_board, **QUICK) as device:
        fake_board.damage_out = lambda data: data * 20
        fake_board.says = other_kind
        with pytest.raises(DeviceError, match="refuses RUN.* " + WHOLE.format("RUN", "a reply to GO")):
            device.run(0, values(FRAMES[:1]), 3600.0)


@pytest.mark.parametrize("says", [*(refuses(RUN, code) for code in REPEATED), other_kind])
def test_a_stream_ends_soon_after_the_board_went_wrong(fake_board: FakeBoard, says: Says) -> None:
    with serial_device(fake_board, **QUICK) as device:
        controller = ExitController(device, POLICY, give_up=10**9, retries=10**9)

        def from_now_on(reply: Packet) -> Packet | None:
            return refuses(INFO, Refusal.BUSY)(reply) or says(reply)

        fake_board.says = from_now_on
        answers = list(controller.classify(FRAMES[:40]))
        assert [answer.index for answer in answers] == list(range(40))
        assert all(answer.error is not None for answer in answers)
    assert "error 5, no buffer free" in str(answers[-1].error)


@pytest.mark.parametrize("field", [0, 1])
def test_cycles_that_do_not_fit_the_time_are_refused(fake_board: FakeBoard, field: int) -> None:
    def believes(reply: Packet) -> Packet | None:
        if reply.kind not in (RUN | REPLY, GO | REPLY):
            return None
        cycles = [20, 10]
        cycles[field] = 2**32 - 1
        return replace(reply, payload=struct.pack("<II", *cycles) + reply.payload[8:])

    with serial_device(fake_board, **QUICK) as device:
        fake_board.says = believes
        words = r"clock cycles of a frame from .*, stage 0; .*at 60000 kHz; found 4,294,967,295 \(71.6 s\)"
        with pytest.raises(DeviceError, match=words):
            device.run(0, values(FRAMES[:2]), 20.0)


@pytest.mark.parametrize(("frames", "cycles"), [(2**32 - 1, 2**64 - 1), (0, 1), (5, 4), (1, 2**32)])
def test_counters_that_cannot_be_are_refused(fake_board: FakeBoard, frames: int, cycles: int) -> None:
    def counts(reply: Packet) -> Packet | None:
        stage = struct.pack("<IQ", frames, cycles)
        return replace(reply, payload=stage + reply.payload[12:]) if reply.kind == COUNTERS | REPLY else None

    with serial_device(fake_board, **QUICK) as device:
        fake_board.says = counts
        words = rf"reply to COUNTERS, stage 0; expected 1 to .* cycles per frame; found {cycles:,} cycles for"
        with pytest.raises(DeviceError, match=words):
            device.counters()


def test_every_code_has_a_name() -> None:
    assert [named(code) for code in (RUN, 9)] == ["RUN", "kind 9"]
    assert len({code.meaning for code in Refusal}) == len(Refusal)
