"""Packets: bytes as written down, and nothing but packets that were sent out of a damaged stream."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.links.serial.payloads import BoardInfo, Counters, FrameReply, StageCounters
from toolkit.links.serial.protocol import Decoder, Packet
from toolkit.runtime import DeviceError

BYTE = st.integers(0, 255)
PACKETS = st.builds(
    Packet, BYTE, st.integers(0, 65535), BYTE, BYTE, st.integers(0, 65535), st.binary(max_size=40), BYTE
)


def test_the_bytes_of_a_packet() -> None:
    written = Packet(3, 0x1234, 1, 7, 0xBEEF, b"\x55").encode()
    assert written[:-4].hex(" ") == "d5 01 03 34 12 01 07 ef be 01 00 55"
    assert written[-4:] == zlib.crc32(written[1:-4]).to_bytes(4, "little")


@given(st.lists(PACKETS, max_size=8), st.data())
def test_packets_come_back_however_the_bytes_are_cut(packets: list[Packet], data: st.DataObject) -> None:
    stream, decoder, got = b"".join(packet.encode() for packet in packets), Decoder(), []
    while stream:
        count = data.draw(st.integers(1, len(stream)))
        got += decoder.feed(stream[:count])
        stream = stream[count:]
    assert got == packets
    assert decoder.skipped == 0


@st.composite
def damaged(draw: st.DrawFn) -> tuple[list[Packet], bytes]:
    """Packets, and their bytes with some changed, lost, doubled or strange ones between."""
    packets = draw(st.lists(PACKETS, min_size=1, max_size=6))
    stream = bytearray()
    for packet in packets:
        stream += draw(st.binary(max_size=12)) + packet.encode()
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(stream) - 1))
        how = draw(st.sampled_from(("change", "lose", "double", "cut")))
        if how == "change":
            stream[at] ^= draw(st.integers(1, 255))
        elif how == "lose":
            del stream[at]
        elif how == "double":
            stream.insert(at, stream[at])
        else:
            del stream[at : at + draw(st.integers(1, 60))]
        if not stream:
            break
    return packets, bytes(stream)


@given(damaged(), st.integers(1, 64))
def test_no_wrong_packet_comes_out_and_the_end_is_found(
    example: tuple[list[Packet], bytes], step: int
) -> None:
    packets, stream = example
    decoder = Decoder(longest=64)
    got = []
    for at in range(0, len(stream), step):
        got += decoder.feed(stream[at : at + step])
    got += decoder.give_up()
    rest = iter(packets)
    assert all(packet in rest for packet in got), "sent ones, in order, none twice"
    last = Packet(0x82, 9, 0, 1, 2, b"the last one")
    found = decoder.feed(last.encode()) + decoder.give_up()
    assert found[-1:] == [last]


def test_a_packet_is_found_behind_a_damaged_length() -> None:
    good = Packet(0x81, 5, payload=b"abc")
    bad = bytearray(Packet(0x82, 4).encode())
    bad[9] = 200
    decoder = Decoder()
    assert decoder.feed(bytes(bad) + good.encode()) == [], "it may still be the payload"
    assert decoder.give_up() == [good]
    assert decoder.skipped == len(bad)


def test_a_length_beyond_reason_holds_nothing_up() -> None:
    good = Packet(0x81, 5)
    bad = bytearray(Packet(0x82, 4).encode())
    bad[10] = 0xFF
    assert Decoder().feed(bytes(bad) + good.encode()) == [good]


def test_which_reply_answers_which_request() -> None:
    request = Packet(2, 7, 0, 3, 9, b"image")
    assert Packet(0x82, 7, 0, 3, 9, b"x").answers(request)
    assert Packet(0xFF, 7, 0, 3, 9, b"\x06").answers(request)
    for other in (Packet(0x83, 7, 0, 3, 9), Packet(0x82, 8, 0, 3, 9), Packet(0x82, 7, 0, 3, 8)):
        assert not other.answers(request)
    assert Packet(0xFF, payload=b"\x06").refusal == 6
    assert Packet(0x82, payload=b"\x06").refusal is None
    assert Packet(0xFF, payload=b"").refusal is None


def test_payloads_as_written_down() -> None:
    info = BoardInfo("ab" * 32, 62_500, 4, 256, 784, (20, 20))
    payload = b"\xab" * 32 + bytes.fromhex("24f40000 02 04 0001 1003 1400 1400")
    assert info.encode() == payload
    assert BoardInfo.decode(payload) == info
    counters = Counters((StageCounters(300, 2**40), StageCounters(1, 5)), 6, 7, 8, 9)
    assert Counters.decode(counters.encode(), 2) == counters
    assert counters.encode()[:12] == bytes.fromhex("2c010000 0000000000010000")
    assert FrameReply.decode(bytes.fromhex("01000000 02000000 aabb"), 2) == FrameReply(1, 2, b"\xaa\xbb")
    for wrong in (payload[:-1], b"", payload[:20]):
        with pytest.raises(DeviceError, match="reply to INFO"):
            BoardInfo.decode(wrong)
    with pytest.raises(DeviceError, match="expected 40 bytes"):
        Counters.decode(b"", 2)
    with pytest.raises(DeviceError, match="expected 10 bytes"):
        FrameReply.decode(b"", 2)
