"""Requests over a serial line that may lose, damage or duplicate bytes: each gets its reply, or an error.

The board holds ``credits`` requests and executes them in the order of arrival; every request may be repeated
without harm. So up to ``credits`` requests are sent ahead. A request that is refused as damaged, or that is
overtaken by the reply to a later one, is sent again at once; after a long silence, all unanswered ones.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import randrange

import serial

from toolkit.core.errors import UnsupportedVersion
from toolkit.links.serial.port import Port, open_port, ports_in_words
from toolkit.links.serial.protocol import DAMAGED, VERSION, Decoder, Packet, Refusal, named
from toolkit.links.serial.rate import BAUD
from toolkit.runtime.errors import DeviceError, DeviceTimeout


@dataclass(frozen=True)
class LineOptions:
    """Options of a line.

    Attributes:
        baud: rate of the line, in bits per second.
        reply_s: silence in seconds after which requests are sent again; longer than any request takes.
        retries: number of times a request is sent again before the board counts as unreachable.
    """

    baud: int = BAUD
    reply_s: float = 0.5
    retries: int = 6

    def open(self, path: str) -> Port:
        """Open what carries the bytes; see :func:`toolkit.links.serial.port.open_port`."""
        return open_port(path, self.baud, write_s=self.write_s)

    def hint(self) -> str:
        """What to look at if nothing answers."""
        return f"Is it configured with a bitstream of Offramp, and is this its port? {ports_in_words()}"

    @property
    def write_s(self) -> float:
        """Seconds that a write may take."""
        return 1.0 + 2 * self.reply_s

    @property
    def whole_s(self) -> float:
        """Seconds after which a request that nothing answers has failed."""
        return (self.retries + 1) * self.reply_s


class BoardSilent(DeviceError):
    """A board that answers none of the repetitions of a request, or not with what answers it."""


@dataclass
class _Call:
    """A request that has not been answered yet."""

    request: Packet
    waited_for: bool
    reply: Packet | None = None
    said: str = ""  # the last reply that was none, in words
    sent: int = 0  # number of times
    first: int = 0  # position in the order of everything sent, the first time
    last: int = 0  # and the last time


class Line:
    """An open serial port, or what else carries bytes. Thread-safe: calls from several threads take turns.

    Attributes:
        resent: number of requests sent again so far.
    """

    def __init__(self, path: str, options: LineOptions) -> None:
        """Open the port.

        Raises:
            DeviceError: it cannot be opened; see :meth:`LineOptions.open`.
        """
        self.resent = 0
        self._credits = 1
        self._path, self._options = path, options
        self._port = options.open(path)
        self._decoder = Decoder()
        self._lock = threading.Lock()
        self._posts: deque[Packet] = deque()
        self._flight: dict[int, _Call] = {}
        self._sequence = randrange(1 << 16)  # random, so that late replies to an earlier program do not match
        self._order = 0
        self._heard = 0.0

    def adapt(self, credits: int, longest: int) -> None:
        """Adapt to the board.

        Args:
            credits: number of requests that the board can hold.
            longest: largest number of bytes of a reply's payload.
        """
        self._credits, self._decoder.longest = credits, longest

    def exchange(
        self, requests: Sequence[Packet], end: float, ended: Callable[[], bool] = lambda: False
    ) -> list[Packet]:
        """Send requests and return their replies, in order; error replies of the board are among them.

        Args:
            requests: requests to send; their sequence numbers are set here.
            end: deadline, as :func:`time.monotonic`.
            ended: polled while waiting; true ends the call with an error.

        Raises:
            DeviceTimeout: the deadline has passed.
            DeviceError: the board does not answer, the port is gone, or ``ended`` returned true.
            UnsupportedVersion: the board speaks another version of the protocol.
        """
        with self._lock:
            calls = [_Call(request, waited_for=True) for request in requests]
            waiting = deque(calls)
            try:
                while any(call.reply is None for call in calls):
                    self._send(waiting)
                    self._receive()
                    if ended():
                        raise DeviceError(self._path, found="the device closed")
                    if time.monotonic() > end:
                        found = f"{sum(call.reply is not None for call in calls)} of {len(calls)}"
                        raise DeviceTimeout(self._path, expected="replies in time", found=found)
            finally:  # forget unanswered requests, so that their late replies are ignored
                self._flight = {n: call for n, call in self._flight.items() if not call.waited_for}
        self._pump()
        return [call.reply for call in calls if call.reply is not None]

    def post(self, request: Packet) -> None:
        """Send a request as soon as the board can take it, without waiting for its reply.

        Raises:
            DeviceError: the connection is lost.
        """
        self._posts.append(request)
        self._pump()

    def drain(self, end: float) -> None:
        """Wait for the replies to all posted requests, or until ``end``.

        Raises:
            DeviceError: the connection is lost.
        """
        with self._lock:
            while (self._posts or self._flight) and time.monotonic() < end:
                self._send(deque())
                self._receive()

    def close(self) -> None:
        """Close the port, after a running exchange."""
        with self._lock:
            self._port.close()

    def _pump(self) -> None:
        # If another thread holds the lock, it calls this too, after releasing it: no post is left behind.
        while self._posts and self._lock.acquire(blocking=False):
            try:
                self._take_in(self._read(wait=False))
                self._send(deque())
                if len(self._flight) >= self._credits:
                    return
            finally:
                self._lock.release()

    def _send(self, waiting: deque[_Call]) -> None:
        while len(self._flight) < self._credits and (self._posts or waiting):
            call = _Call(self._posts.popleft(), waited_for=False) if self._posts else waiting.popleft()
            self._sequence = (self._sequence + 1) % (1 << 16)
            call.request = replace(call.request, sequence=self._sequence)
            self._flight[self._sequence] = call
            self._transmit(call)

    def _transmit(self, call: _Call) -> None:
        if call.sent > self._options.retries:
            del self._flight[call.request.sequence]
            if call.waited_for:
                raise self._silent(call)
            return
        self.resent += call.sent > 0
        self._order += 1
        call.first, call.last = call.first or self._order, self._order
        call.sent += 1
        self._heard = time.monotonic()
        try:
            self._port.write(call.request.encode())
        except OSError as problem:  # of pyserial too
            raise self._gone(problem) from problem

    def _receive(self) -> None:
        """Wait for bytes for a short time; after too long a silence, send all unanswered requests again."""
        self._take_in(self._read(wait=True))
        # Whatever else has come meanwhile: what counts is that no request has been answered.
        if self._flight and time.monotonic() - self._heard > self._options.reply_s:
            before = len(self._flight)
            self._take_in(self._decoder.give_up())
            if len(self._flight) == before:
                self._again(list(self._flight.values()))

    def _read(self, wait: bool) -> list[Packet]:
        try:
            if not self._port.is_open:
                raise serial.PortNotOpenError
            count = self._port.in_waiting
            data = self._port.read(count or 1) if count or wait else b""
        except OSError as problem:  # of pyserial too
            raise self._gone(problem) from problem
        return self._decoder.feed(data)

    def _take_in(self, packets: Sequence[Packet]) -> None:
        for packet in packets:
            if packet.version != VERSION:
                raise UnsupportedVersion(
                    f"protocol of the board at {self._path}",
                    expected=f"version {VERSION}",
                    found=packet.version,
                    fix="Load a bitstream that this version of Offramp made.",
                )
            call = self._flight.get(packet.sequence)
            if call is None:
                continue  # a duplicate reply, or one with a damaged sequence number
            if packet.answers(call.request) and packet.refusal not in {*DAMAGED, Refusal.BUSY}:
                self._answered(call, packet)
                continue
            call.said = packet.said
            if packet.refusal in DAMAGED:
                self._again([call])

    def _answered(self, call: _Call, reply: Packet) -> None:
        call.reply = reply
        self._heard = time.monotonic()
        del self._flight[call.request.sequence]
        # The board answers in order, so requests that were last sent before this one are lost.
        self._again([other for other in self._flight.values() if other.last < call.first])

    def _again(self, calls: Sequence[_Call]) -> None:
        for call in sorted(calls, key=lambda call: call.last):
            self._transmit(call)

    def _silent(self, call: _Call) -> BoardSilent:
        kind, skipped = named(call.request.kind), self._decoder.skipped
        fix = self._options.hint()
        problem, found = "does not answer", f"{skipped} bytes that are no packet" if skipped else "nothing"
        if call.said:
            problem, found = f"refuses {kind}", f"{call.said}, the last of {call.sent} times"
            fix = "Load this run's bitstream again; is the line disturbed, or is something else at this port?"
        return BoardSilent(
            f"the board at {self._path} {problem}",
            expected=f"a reply to one of {call.sent} requests ({kind}), "
            f"at most {self._options.whole_s:g} s after any other",
            found=found,
            fix=fix,
        )

    def _gone(self, problem: Exception) -> DeviceError:
        fix = "Is it plugged in? It is opened again at the next try."
        return DeviceError(f"connection to the board at {self._path} lost", found=problem, fix=fix)
