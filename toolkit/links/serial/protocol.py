"""The packets between host and board; ``docs/serial.md`` explains them.

The constants here are the only ones: the board's RTL takes them from a package that :func:`package` writes.

Little-endian: sync, version, kind, sequence u16, stage u8, slot u8, tag u16, payload length u16, payload,
CRC-32 (``zlib.crc32``) of everything between sync and itself.
"""

from __future__ import annotations

import enum
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.core.templates import render

SYNC, VERSION = 0xD5, 1
REPLY, ERROR = 0x80, 0xFF
"""Bit that marks the kind of a reply; kind of an error reply."""
PACKAGE = "offramp_serial_pkg.sv"
"""File of the package with these constants in SystemVerilog."""
LONGEST = 1024
"""Longest payload in bytes that a decoder accepts by default."""
_HEADER = struct.Struct("<BBBHBBHH")
_CRC = struct.Struct("<I")


class RequestKind(enum.IntEnum):
    """The kinds of requests."""

    INFO = 1
    RUN = 2
    GO = 3
    STOP = 4
    COUNTERS = 5
    RESET = 6


class Refusal(enum.IntEnum):
    """The reason of an error reply, its only byte."""

    CRC = 1
    VERSION = 2
    KIND = 3
    LENGTH = 4
    BUSY = 5
    SLOT = 6
    WATCHDOG = 7
    STAGE = 8

    @property
    def meaning(self) -> str:
        """The reason in words."""
        return _MEANINGS[self]


_MEANINGS = {
    Refusal.CRC: "wrong CRC",
    Refusal.VERSION: "another version of the protocol",
    Refusal.KIND: "unknown kind of request",
    Refusal.LENGTH: "wrong length for the kind",
    Refusal.BUSY: "no buffer free",
    Refusal.SLOT: "the slot does not hold that tag",
    Refusal.WATCHDOG: "the stage did not answer within the watchdog's limit",
    Refusal.STAGE: "no such stage",
}


DAMAGED = frozenset((Refusal.CRC, Refusal.VERSION, Refusal.LENGTH))
"""Reasons for which a request is sent again: it did not arrive as it was sent."""


def named(code: int) -> str:
    """Name a code as in ``RUN`` or ``kind 9``."""
    return RequestKind(code).name if code in set(RequestKind) else f"kind {code}"


def package() -> str:
    """Text of the SystemVerilog package with these constants."""
    constants = {"SYNC": SYNC, "VERSION": VERSION, "REPLY": REPLY, "ERROR": ERROR}
    template = Path(__file__).with_name("package.sv.j2")
    return render(template, bytes=constants, kinds=list(RequestKind), refusals=list(Refusal))


def constants() -> dict[str, Any]:
    """Return these constants for the program of a package, JSON types."""
    return {
        "sync": SYNC,
        "version": VERSION,
        "reply": REPLY,
        "longest": LONGEST,
        "kinds": {kind.name: int(kind) for kind in RequestKind},
        "refusals": {str(int(one)): one.meaning for one in Refusal},
        "again": sorted(str(int(one)) for one in DAMAGED),
        "busy": str(int(Refusal.BUSY)),
    }


@dataclass(frozen=True, slots=True)
class Packet:
    """A request or a reply."""

    kind: int
    sequence: int = 0
    stage: int = 0
    slot: int = 0
    tag: int = 0
    payload: bytes = b""
    version: int = VERSION

    def encode(self) -> bytes:
        """Encode the packet as bytes on the line."""
        head = _HEADER.pack(
            SYNC,
            self.version,
            self.kind,
            self.sequence,
            self.stage,
            self.slot,
            self.tag,
            len(self.payload),
        )
        whole = head + self.payload
        return whole + _CRC.pack(zlib.crc32(whole[1:]))

    @property
    def refusal(self) -> int | None:
        """Code of an error reply; None for any other packet."""
        return self.payload[0] if self.kind == ERROR and len(self.payload) == 1 else None

    @property
    def said(self) -> str:
        """What a reply says, in words."""
        if self.kind != ERROR:
            kind, payload = self.kind & ~REPLY, len(self.payload)
            return f"a reply to {named(kind)} for stage {self.stage}, with {payload} bytes"
        if (code := self.refusal) is None:
            return f"an error of {len(self.payload)} bytes"
        return f"error {code}, {Refusal(code).meaning if code in set(Refusal) else 'which is not known'}"

    def answers(self, request: Packet) -> bool:
        """Whether this is the reply to a request, an error reply included."""
        if self.kind not in (request.kind | REPLY, ERROR):
            return False
        return (self.sequence, self.stage, self.slot, self.tag) == (
            request.sequence,
            request.stage,
            request.slot,
            request.tag,
        )


class Decoder:
    """Finds packets in a stream of bytes that may contain other bytes between them.

    A packet is returned only if its CRC is right. Otherwise the search continues behind its first byte, so
    that a packet after, or inside, a damaged one is found.

    Attributes:
        longest: longest payload in bytes that is accepted; a longer one means a damaged length.
        skipped: number of bytes that belong to no packet.
    """

    def __init__(self, longest: int = LONGEST) -> None:
        self.longest, self.skipped = longest, 0
        self._bytes = bytearray()

    def feed(self, data: bytes) -> list[Packet]:
        """Append bytes and return the packets that are complete now."""
        self._bytes += data
        return self._found(ended=False)

    def give_up(self) -> list[Packet]:
        """Return the packets that a damaged length hid, as the rest of the current one will not come."""
        return self._found(ended=True)

    def _found(self, ended: bool) -> list[Packet]:
        data, packets, at = self._bytes, [], 0
        while (start := data.find(SYNC, at)) >= 0:
            self.skipped += start - at
            at = start
            packet, size = self._packet(at)
            if packet is not None:
                packets.append(packet)
                at += size
            elif size > len(data) - at and not ended:
                break
            else:
                at += 1
                self.skipped += 1
        else:
            self.skipped += len(data) - at
            at = len(data)
        del data[:at]
        return packets

    def _packet(self, at: int) -> tuple[Packet | None, int]:
        """Return the packet that begins at ``at``, or None, and the number of bytes needed to decide."""
        data = self._bytes
        if len(data) - at < _HEADER.size:
            return None, _HEADER.size
        _, version, kind, sequence, stage, slot, tag, length = _HEADER.unpack_from(data, at)
        if length > self.longest:
            return None, 0
        end = at + _HEADER.size + length
        size = end + _CRC.size - at
        if len(data) - at < size or _CRC.unpack_from(data, end)[0] != zlib.crc32(data[at + 1 : end]):
            return None, size
        payload = bytes(data[at + _HEADER.size : end])
        return Packet(kind, sequence, stage, slot, tag, payload, version), size
