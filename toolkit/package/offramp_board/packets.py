"""A board that takes packets. Requests go one by one, and are sent again until they are answered."""

from __future__ import annotations

import struct
import time
import zlib
from typing import Any, Protocol

import numpy as np

from .board import BoardError, BoardLink
from .contents import Package

_HEADER, _CRC, _CYCLES = struct.Struct("<BBBHBBHH"), struct.Struct("<I"), struct.Struct("<II")
TRIES = 7
"""How often a request is sent."""
SILENCE_S, WAIT_S = 0.5, 0.02
"""Seconds without an answer after which a request is sent again; longest time in :meth:`Port.read`."""


class Port(Protocol):
    """What carries the bytes of packets, as an open ``serial.Serial`` does. Errors are ``OSError``."""

    @property
    def in_waiting(self) -> int:
        """Number of bytes that have come."""

    def read(self, size: int) -> bytes:
        """Wait for so many bytes, but no longer than :data:`WAIT_S`; return what has come of them."""

    def write(self, data: bytes) -> Any:
        """Send bytes."""

    def close(self) -> None:
        """Let go of it."""


class PacketLink(BoardLink):
    """Stages behind a port. Feature maps stay on the board, in slot 0: one frame is on its way.

    Args:
        package: package, which brings the constants of the protocol.
        name: name of the port, for messages.
        port: open port, which is closed with the link, or if nothing answers.
        silence_s: seconds without an answer after which a request is sent again; longer than any takes.

    Raises:
        BoardError: nothing answers.
    """

    def __init__(self, package: Package, name: str, port: Port, silence_s: float) -> None:
        self._protocol, self._stages, self._port_name = package.about["link"], package.stages, name
        self._silence_s, self._sequence, self._tag = silence_s, 0, 0
        self._heard, self._port = bytearray(), port
        replies = [_CYCLES.size + stage["logits"].frame_bytes for stage in self._stages]
        self._longest = max(self._protocol["longest"], *replies)
        try:
            self.digest = self._ask("INFO")[:32].hex()
            self._ask("RESET")
        except BaseException:
            self._port.close()
            raise

    def run(self, stage: int, frame: Any) -> tuple[np.ndarray, Any, int | None]:
        """See :meth:`BoardLink.run`; the tag of a frame stands for its feature map."""
        if stage == 0:
            self._tag = (self._tag + 1) % (1 << 16)
            image = self._stages[0]["input"].pack(frame).tobytes()
            payload = self._ask("RUN", 0, self._tag, image)
        else:
            payload = self._ask("GO", stage, frame)
        stream = self._stages[stage]["logits"]
        if len(payload) != _CYCLES.size + stream.frame_bytes:
            raise BoardError(f"stage {stage} of the board at {self._port_name}: {len(payload)} bytes")
        to_logits, _ = _CYCLES.unpack_from(payload)
        return stream.unpack(np.frombuffer(payload[_CYCLES.size :], np.uint8)), self._tag, to_logits

    def leave(self, stage: int, feature_map: Any) -> None:
        """See :meth:`BoardLink.leave`."""
        self._ask("STOP", stage, feature_map)

    def close(self) -> None:
        """See :meth:`BoardLink.close`."""
        self._port.close()

    def _ask(self, kind: str, stage: int = 0, tag: int = 0, payload: bytes = b"") -> bytes:
        """Send a request until it is answered; return the payload of the reply."""
        self._sequence = (self._sequence + 1) % (1 << 16)
        fields = (self._sequence, stage, 0, tag)
        code = self._protocol["kinds"][kind]
        head = (self._protocol["sync"], self._protocol["version"], code, *fields, len(payload))
        body = _HEADER.pack(*head) + payload
        said = "no answer"
        try:
            for _ in range(TRIES):
                self._port.write(body + _CRC.pack(zlib.crc32(body[1:])))
                reply = self._reply(fields)
                if reply is None:
                    continue
                if reply[0] == code | self._protocol["reply"]:
                    return reply[1]
                refusal = str(reply[1][0]) if len(reply[1]) == 1 else ""
                said = self._protocol["refusals"].get(refusal, "an unknown error")
                if refusal == self._protocol.get("busy"):  # with requests of an earlier program
                    time.sleep(self._silence_s)
                elif refusal not in self._protocol["again"]:
                    break
        except OSError as problem:
            raise BoardError(f"connection to the board at {self._port_name} lost: {problem}") from problem
        fix = "Is the bitstream of this package loaded, and is it on this device?"
        raise BoardError(f"{kind} to the board at {self._port_name}: {said}. {fix}")

    def _reply(self, fields: tuple[int, int, int, int]) -> tuple[int, bytes] | None:
        """Wait for the reply to the request with these fields; return its kind and payload."""
        end = time.monotonic() + self._silence_s
        while time.monotonic() < end:
            self._heard += self._port.read(self._port.in_waiting or 1)
            found = self._next()
            while found is not None:
                if found[:4] == fields:
                    return found[4], found[5]
                found = self._next()
        self._heard.clear()  # a damaged length would swallow the next reply
        return None

    def _next(self) -> tuple[int, int, int, int, int, bytes] | None:
        """Take the next packet whose CRC is right: sequence, stage, slot, tag, kind and payload."""
        heard = self._heard
        while True:
            start = heard.find(self._protocol["sync"])
            del heard[: len(heard) if start < 0 else start]
            if len(heard) < _HEADER.size:
                return None
            _, version, kind, sequence, stage, slot, tag, length = _HEADER.unpack_from(heard)
            end = _HEADER.size + length
            if length <= self._longest:
                if len(heard) < end + _CRC.size:
                    return None
                if zlib.crc32(heard[1:end]) == _CRC.unpack_from(heard, end)[0]:
                    payload = bytes(heard[_HEADER.size : end])
                    del heard[: end + _CRC.size]
                    if version != self._protocol["version"]:
                        raise BoardError(f"protocol of the board at {self._port_name}: version {version}")
                    return sequence, stage, slot, tag, kind, payload
            del heard[0]  # no packet begins here
