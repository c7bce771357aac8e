"""A board on a pseudo-terminal, in Python: the device's side of the protocol, written from docs/serial.md."""

from __future__ import annotations

import os
import random
import select
import struct
import threading
import tty
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.runtime import toy
from toolkit.links.serial.payloads import BoardInfo, Counters, FrameReply, StageCounters
from toolkit.links.serial.protocol import Packet
from toolkit.sim.pack import pack, unpack

DIGEST = "d0" * 32
IMAGE_BYTES, LOGITS_BYTES = 8, 5
INFO, RUN, GO, STOP, COUNTERS, RESET = range(1, 7)
IDLE_S = 0.01


def noise(share: float, seed: int) -> Callable[[bytes], bytes]:
    """Corrupts, drops and doubles bytes, each with this probability."""
    generator = random.Random(seed)

    def damage(data: bytes) -> bytes:
        out = bytearray()
        for byte in data:
            luck = generator.random() / share
            if luck >= 3:
                out.append(byte)
            elif luck < 1:
                out.append(byte ^ generator.randrange(1, 256))
            elif luck < 2:
                out += bytes([byte, byte])
        return bytes(out)

    return damage


class FakeBoard:
    """Toy stages behind a pseudo-terminal whose name ``port`` stays the same over :meth:`replug`.

    Attributes:
        silent: it takes bytes and says nothing.
        says: what it says in place of a reply, if anything.
        hangs: ``hangs(stage, values [1, 8])``: the watchdog has to end the stage at this frame.
        damage_in, damage_out: what becomes of bytes to it, and from it.
        seen: how often it executed what: kinds of requests.
        refused: how often it sent which error.
        led: (class, exit) of the last frame that was stopped.
        at: ``{bytes received: what happens then}``.
    """

    def __init__(
        self, folder: Path, *, stages: int = 2, slots: int = 16, buffers: int = 4, digest: str = DIGEST
    ) -> None:
        self.port = str(folder / "port")
        self.stages, self.slots, self.buffers, self.digest, self.version = stages, slots, buffers, digest, 1
        self.silent = False
        self.says: Callable[[Packet], Packet | None] = lambda reply: None
        self.hangs: Callable[[int, np.ndarray], bool] = lambda stage, values: False
        self.damage_in: Callable[[bytes], bytes] = bytes
        self.damage_out: Callable[[bytes], bytes] = bytes
        self.seen: Counter[int] = Counter()
        self.refused: Counter[int] = Counter()
        self.led: tuple[int, int] | None = None
        self.at: dict[int, Callable[[], None]] = {}
        self._received = 0
        self._frames = [0] * stages
        self._cycles = [0] * stages
        self._abandoned = 0
        self._files: tuple[int, int] | None = None
        self.replug()

    def __enter__(self) -> FakeBoard:
        return self

    def __exit__(self, *_: object) -> None:
        self.unplug()

    def replug(self) -> None:
        """Plug it in, without power before."""
        master, slave = os.openpty()
        tty.setraw(slave)
        link = Path(self.port)
        link.unlink(missing_ok=True)
        link.symlink_to(os.ttyname(slave))
        self._files = (master, slave)
        self.power_up()
        self._thread = threading.Thread(target=self._work, args=(master,), daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        if self._files is not None:
            (master, slave), self._files = self._files, None
            self._thread.join()
            os.close(slave)
            os.close(master)
            Path(self.port).unlink(missing_ok=True)

    def power_up(self) -> None:
        """Forget everything, in mid-packet or not."""
        self._bytes, self._queue = bytearray(), []  # type: ignore[var-annotated]
        self._forget()

    def _forget(self) -> None:
        self.maps: list[dict[int, tuple[int, np.ndarray]]] = [{} for _ in range(self.stages)]
        self._logits: dict[int, tuple[int, int, np.ndarray]] = {}

    def _work(self, master: int) -> None:
        while self._files is not None:
            if not select.select([master], [], [], IDLE_S)[0]:
                self._abandoned += bool(self._bytes)
                self._bytes.clear()
                continue
            data = self.damage_in(os.read(master, 4096))
            for byte in data:
                self._received += 1
                if (happens := self.at.get(self._received)) is not None:
                    happens()
                self._bytes.append(byte)
                self._parse()
            while self._queue and self._files is not None:
                self._execute(self._queue.pop(0))

    def _parse(self) -> None:
        data = self._bytes
        if data and data[0] != 0xD5:
            data.clear()
        if len(data) < 11:
            return
        _, version, kind, sequence, stage, slot, tag, length = struct.unpack("<BBBHBBHH", data[:11])
        request = Packet(kind, sequence, stage, slot, tag)
        if version != self.version:
            self._refuse(request, 2)
            data.clear()
        elif length > IMAGE_BYTES or (kind in range(1, 7) and length != (IMAGE_BYTES if kind == RUN else 0)):
            self._refuse(request, 4)
            data.clear()
        elif len(data) == 15 + length:
            payload, crc = bytes(data[11:-4]), int.from_bytes(data[-4:], "little")
            right = zlib.crc32(bytes(data[1:-4])) == crc
            data.clear()
            if not right:
                self._refuse(request, 1)
            elif len(self._queue) >= self.buffers:
                self._refuse(request, 5)
            else:
                self._queue.append(Packet(kind, sequence, stage, slot, tag, payload))

    def _execute(self, request: Packet) -> None:
        kind, stage = request.kind, request.stage
        self.seen[kind] += 1
        if kind == INFO:
            info = BoardInfo(
                self.digest, 60_000, self.buffers, self.slots, IMAGE_BYTES, (LOGITS_BYTES,) * self.stages
            )
            self._reply(request, info.encode())
        elif kind == COUNTERS:
            each = tuple(map(StageCounters, self._frames, self._cycles))
            counters = Counters(each, self.refused[1], self.refused[5], self._abandoned, self.refused[7])
            self._reply(request, counters.encode())
        elif kind == RESET:
            self._forget()
            self._reply(request)
        elif kind not in (RUN, GO, STOP):
            self._refuse(request, 3)
        elif stage >= self.stages or (kind != STOP and (kind == RUN) != (stage == 0)):
            self._refuse(request, 8)
        elif kind == STOP:
            self._stop(request)
        else:
            self._run(request)

    def _stop(self, request: Packet) -> None:
        tag, exit_, logits = self._logits.get(request.slot, (None, None, None))
        if tag == request.tag and exit_ == request.stage and logits is not None:
            self.led = (int(logits.argmax()), request.stage)
            for maps in self.maps:
                maps.pop(request.slot, None)
        self._reply(request)

    def _run(self, request: Packet) -> None:
        stage, slot = request.stage, request.slot
        if request.kind == RUN:
            beats = np.frombuffer(request.payload, np.uint8).reshape(1, 4, 2)
            values = unpack(beats, toy.PIXELS).reshape(1, -1)
        else:
            tag, values = self.maps[stage - 1].get(slot, (None, None))
            if tag != request.tag or values is None:
                self._refuse(request, 6)
                return
        if self.hangs(stage, values):
            self._forget()
            self._refuse(request, 7)
            return
        logits, maps = toy.compute(stage, values)
        self._logits[slot] = (request.tag, stage, logits)
        last = stage == self.stages - 1
        if last:
            self.led = (int(logits.argmax()), stage)
        else:
            self.maps[stage][slot] = (request.tag, maps)
        self._frames[stage] += 1
        self._cycles[stage] += 20 + stage
        beats = pack(logits.reshape(1, 1, 3), toy.LOGITS)
        self._reply(request, FrameReply(20 + stage, 0 if last else 10, beats.tobytes()).encode())

    def _reply(self, request: Packet, payload: bytes = b"", kind: int | None = None) -> None:
        kind = request.kind | 0x80 if kind is None else kind
        head = (kind, request.sequence, request.stage, request.slot, request.tag)
        reply = Packet(*head, payload, self.version)
        if self._files is not None and not self.silent:
            os.write(self._files[0], self.damage_out((self.says(reply) or reply).encode()))

    def _refuse(self, request: Packet, code: int) -> None:
        self.refused[code] += 1
        self._reply(request, bytes([code]), 0xFF)
