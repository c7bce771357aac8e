"""A device that takes packets, at a serial port or where else its options open one.

Feature maps stay on the board; the host sends only which frames go on.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import ArtifactError
from toolkit.core.stream import Stream
from toolkit.links.serial.line import BoardSilent, Line, LineOptions
from toolkit.links.serial.payloads import BoardInfo, Counters, FrameReply
from toolkit.links.serial.protocol import Packet, Refusal, RequestKind
from toolkit.links.serial.slots import TOKEN_BITS, FrameSlots
from toolkit.runtime.device import Cycles, Device, DeviceInfo, Reply, StageStreams
from toolkit.runtime.errors import DeviceError, DeviceTimeout
from toolkit.sim.pack import pack, unpack

TOKEN = Stream("token", TOKEN_BITS, False, 1, 1)
"""Stream that stands for a feature map on the host: the number of a frame whose map is on the board."""
REMEMBERED = 1024
"""Number of images the host remembers, to compute lost feature maps again."""
SLACK, SLACK_S = 1.1, 0.1
"""How much longer than the host's clock says a board may have computed: the clocks are two, and coarse."""
ROUNDS = 4
"""How often one call computes a lost feature map again before it fails."""


class SerialDevice(Device):
    """Stage accelerators on a board that takes packets. Created by :meth:`open`.

    A feature map that the board has lost, after a reset or because slots ran out, is computed again from the
    image before the frame goes on. If the connection breaks, the running call fails, and the next one opens
    the port again.

    Attributes:
        board: the board's description of itself.
        resent: number of requests sent again so far, because the line or the board lost them.
    """

    def __init__(self, port: str, digest: str, streams: Sequence[StageStreams], options: LineOptions) -> None:
        self._port, self._digest, self._options = port, digest, options
        self._streams = tuple(streams)
        self._turn = threading.RLock()
        self._closed = False
        self._resent = 0
        self._line: Line | None = None
        self._line, self.board = self._connected()
        stages = tuple(_with_tokens(k, stage, len(streams)) for k, stage in enumerate(streams))
        self._info = DeviceInfo(f"board at {port}", digest, stages, slots=self.board.slots)
        self._frames = FrameSlots(self.board.slots, REMEMBERED)

    @classmethod
    def open(
        cls,
        port: str,
        *,
        digest: str,
        streams: Sequence[StageStreams],
        options: LineOptions | None = None,
    ) -> SerialDevice:
        """Open a board and check that it holds the right design.

        Args:
            port: path of the serial port, or what the options open instead.
            digest: digest of the stage accelerators that must be on it (``stages_digest``).
            streams: streams of these accelerators.
            options: options of the line; a simulated board needs longer timeouts.

        Raises:
            DeviceError: the port does not exist, is busy or not permitted, or the board does not answer.
            UnsupportedVersion: the board speaks another version of the protocol.
            ArtifactError: another design is on it.
        """
        return cls(port, digest, streams, options or LineOptions())

    @property
    def info(self) -> DeviceInfo:
        """Description of the device."""
        return self._info

    @property
    def resent(self) -> int:
        """Number of requests sent again so far."""
        return self._resent + (0 if self._line is None else self._line.resent)

    def run(self, stage: int, batch: npt.NDArray[np.integer], timeout_s: float) -> Reply:
        """See :meth:`Device.run`; the time limit starts when the line is free."""
        where = f"{self._info.name}, stage {stage}, {len(batch)} frames"
        step = max(1, self.board.slots // 2)
        with self._turn, self._at(where):
            begin = time.monotonic()
            end = begin + timeout_s
            chunks = [batch[i : i + step] for i in range(0, len(batch), step)]
            tokens: list[int] = []
            replies: list[FrameReply] = []
            for chunk in chunks:
                names = self._admit(chunk) if stage == 0 else chunk[:, 0].tolist()
                replies += self._results(stage, names, names, end)
                tokens += names
            self._require_plausible(stage, replies, time.monotonic() - begin)
        return self._reply(stage, tokens, replies)

    def settled(self, stage: int, maps: npt.NDArray[np.integer]) -> None:
        """Free the slots of frames that have left."""
        for token in maps[:, 0].tolist():
            frame, line = self._frames.forget(token), self._line
            if line is None or frame is None or frame.slot is None:
                continue
            with contextlib.suppress(DeviceError):  # must not raise; the next call reports a lost connection
                line.post(Packet(RequestKind.STOP, stage=stage, slot=frame.slot, tag=frame.tag))

    def counters(self) -> Mapping[str, Any]:
        """Read the counters of the board: :class:`Counters` as a mapping, with ``resent``.

        Raises:
            DeviceError: the board does not answer, or the device is closed.
        """
        with self._turn, self._at(f"{self._info.name}, counters"):
            assert self._line is not None
            counters = Counters.decode(self._told(self._line, RequestKind.COUNTERS), len(self._streams))
            return {**asdict(counters), "resent": self.resent}

    def close(self) -> None:
        """Send outstanding messages to the board and close the port."""
        self._closed = True  # before waiting for the lock: a running call sees it and ends
        with self._turn:
            if (line := self._line) is not None:
                with contextlib.suppress(DeviceError):
                    line.drain(time.monotonic() + self._options.reply_s)
                self._disconnect()

    @contextlib.contextmanager
    def _at(self, where: str) -> Iterator[None]:
        """Use the board inside the block, opening the connection if necessary."""
        try:
            if self._closed:
                raise DeviceError(where, found="the device is closed")
            if self._line is None:
                self._line, self.board = self._connected()
            yield
        except DeviceTimeout:
            raise
        except Exception:
            # The state of the board is unknown now: the next call connects again and checks the design.
            self._disconnect()
            raise

    def _connected(self) -> tuple[Line, BoardInfo]:
        line = Line(self._port, self._options)
        try:
            board = self._identified(line)
            line.adapt(board.buffers, board.longest)
            self._told(line, RequestKind.RESET)
        except BaseException as error:
            line.close()
            if isinstance(error, BoardSilent):
                error.final = True  # not even to a fresh connection: no frame is the reason
            raise
        return line, board

    def _told(self, line: Line, kind: RequestKind) -> bytes:
        """Make a request that needs no frame; return the payload of the reply.

        Raises:
            DeviceError: the board refuses it.
        """
        (reply,) = line.exchange([Packet(kind)], self._patience())
        if reply.refusal is not None:
            where = f"{kind.name} to the board at {self._port}"
            raise DeviceError(
                where, expected="a reply", found=reply.said, fix="Load this run's bitstream again."
            )
        return reply.payload

    def _disconnect(self) -> None:
        if (line := self._line) is not None:
            self._line = None
            self._resent += line.resent
            line.close()
            self._frames.release_all()

    def _patience(self) -> float:
        """Return the deadline of a small request. The line fails earlier than that, with a better message."""
        return time.monotonic() + 2 * (self._options.retries + 2) * self._options.reply_s

    def _identified(self, line: Line) -> BoardInfo:
        """Ask for the board's description and check that it holds the right design."""
        board = BoardInfo.decode(self._told(line, RequestKind.INFO))
        if board.digest != self._digest:
            raise ArtifactError(
                f"design on the board at {self._port}",
                expected=self._digest[:12],
                found=board.digest[:12],
                fix="Load the bitstream of this run (openFPGALoader), or name the run whose bitstream it is.",
            )
        first, logits = self._streams[0].input, [stage.logits for stage in self._streams]
        expected = (_frame_bytes(first), tuple(_frame_bytes(stream) for stream in logits))
        found = (board.image_bytes, board.logits_bytes)
        if found != expected or board.buffers < 1 or board.slots < 1:
            what = f"bytes of an image and of the logits, of the board at {self._port}"
            raise ArtifactError(what, expected=expected, found=found, fix="Make the bitstream anew.")
        return board

    def _admit(self, images: npt.NDArray[np.integer]) -> list[int]:
        entry = self._streams[0].input
        beats = pack(images.reshape(len(images), entry.beats, entry.lanes), entry)
        return [self._frames.add(frame.tobytes()) for frame in beats]

    def _results(
        self, stage: int, tokens: Sequence[int], spare: Collection[int], end: float
    ) -> list[FrameReply]:
        """Run frames on a stage, after computing lost feature maps again."""
        if stage == 0:
            placed = [self._frames.place(token, spare) for token in tokens]
            requests = [Packet(RequestKind.RUN, 0, 0, f.slot or 0, f.tag, f.image) for f in placed]
            return [self._frame(stage, reply) for reply in self._exchange(requests, end)]
        done: dict[int, FrameReply] = {}
        for _ in range(ROUNDS):
            todo = [token for token in tokens if token not in done]
            if lost := [token for token in todo if self._frames.frame(token).slot is None]:
                self._results(stage - 1, lost, spare, end)
            frames = [self._frames.frame(token) for token in todo]
            replies = self._exchange(
                [Packet(RequestKind.GO, 0, stage, f.slot or 0, f.tag) for f in frames], end
            )
            for token, reply in zip(todo, replies, strict=True):
                if reply.refusal == Refusal.SLOT:
                    self._frames.release(token)
                else:
                    done[token] = self._frame(stage, reply)
            if len(done) == len(tokens):
                return [done[token] for token in tokens]
            assert self._line is not None
            self._identified(self._line)  # a reset board may hold another design
        raise DeviceError(
            f"{self._info.name}, stage {stage}",
            expected="feature maps that stay where they were put",
            found=f"{len(tokens) - len(done)} lost {ROUNDS} times",
            fix="Is the board reset all the time?",
        )

    def _exchange(self, requests: Sequence[Packet], end: float) -> list[Packet]:
        assert self._line is not None
        return self._line.exchange(requests, end, lambda: self._closed)

    def _frame(self, stage: int, reply: Packet) -> FrameReply:
        where = f"{self._info.name}, stage {stage}"
        if reply.refusal == Refusal.WATCHDOG:
            found = "none; the board has reset its stages"
            raise DeviceTimeout(where, expected="an answer before the watchdog's limit", found=found)
        if reply.refusal is not None:
            raise DeviceError(where, expected="an answer", found=reply.said)
        return FrameReply.decode(reply.payload, _frame_bytes(self._streams[stage].logits))

    def _require_plausible(self, stage: int, replies: Sequence[FrameReply], seconds: float) -> None:
        """Refuse clock cycles that do not fit into the time in which the whole batch was answered."""
        most = (SLACK * seconds + SLACK_S) * self.board.clock_khz * 1000
        found = max(max(reply.cycles_logits, reply.cycles_map) for reply in replies)
        if found > most:
            took = f"{found:,} ({found / self.board.clock_khz / 1000:.3g} s)"
            raise DeviceError(
                f"clock cycles of a frame from {self._info.name}, stage {stage}",
                expected=f"at most the time of the whole call, {seconds:.3g} s at {self.board.clock_khz} kHz",
                found=took,
                fix="Load this run's bitstream again.",
            )

    def _reply(self, stage: int, tokens: Sequence[int], replies: Sequence[FrameReply]) -> Reply:
        count, stream = len(replies), self._streams[stage].logits
        beats = np.frombuffer(b"".join(reply.logits for reply in replies), np.uint8)
        logits = unpack(beats.reshape(count, stream.beats, stream.beat_bytes), stream)
        out = np.array([(reply.cycles_logits, reply.cycles_map) for reply in replies], np.int64)
        last = self._streams[stage].feature_map is None
        if last:
            for token in tokens:
                self._frames.release(token)
        return Reply(
            logits=logits.reshape(count, -1).astype(np.int64),
            feature_map=None if last else np.array(tokens, np.int64)[:, None],
            cycles=Cycles(
                first_in=np.zeros(count, np.int64),
                logits_out=out[:, 0],
                map_out=None if last else out[:, 1],
                starts=tuple(range(count)),
            ),
        )


def _with_tokens(k: int, stage: StageStreams, stages: int) -> StageStreams:
    stage = stage if k == 0 else replace(stage, input=TOKEN)
    return stage if k == stages - 1 else replace(stage, feature_map=TOKEN)


def _frame_bytes(stream: Stream) -> int:
    return stream.beats * stream.beat_bytes
