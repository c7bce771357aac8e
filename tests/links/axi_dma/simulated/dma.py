"""AMD's AXI DMA inside cocotb: direct register mode, as PG021 describes it, between a memory and streams.

Registers of a channel, from 0x00 (MM2S) or 0x30 (S2MM): control (bit 0 runs, bit 2 resets both channels),
status (bit 0 halted, bit 1 idle, bit 4 internal error, bit 12 completed), address in two halves, and length,
which starts a transfer when written and afterwards holds the bytes that came.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import cocotb
from axi_rig import pauses
from cocotb.triggers import Event
from cocotbext.axi import AxiStreamSink, AxiStreamSource

CONTROL, STATUS, ADDRESS, ADDRESS_HIGH, LENGTH = 0x00, 0x04, 0x18, 0x1C, 0x28
S2MM = 0x30
HALTED, IDLE, INTERNAL, COMPLETED = 1 << 0, 1 << 1, 1 << 4, 1 << 12
WORD = 8


class Channel:
    """One direction; ``memory`` begins at address 0."""

    def __init__(self, model, memory: bytearray, length_bits: int, rng: random.Random, share: float) -> None:
        self.model, self.memory, self.length_bits = model, memory, length_bits
        self.sends, self.changed = isinstance(model, AxiStreamSource), Event()
        self.task = None
        self.reset()
        model.set_pause_generator(self._paused(pauses(rng, share)))

    def _paused(self, at_random: Iterator[bool]) -> Iterator[bool]:
        """A channel that receives takes nothing before it is told where to."""
        for paused in at_random:
            yield paused or not (self.sends or self.task)

    def reset(self) -> None:
        if self.task is not None:
            self.task.cancel()
        self.task, self.status, self.address, self.length = None, HALTED, 0, 0
        self.model.assert_reset(True)
        self.model.clear()
        self.model.assert_reset(False)

    def read(self, offset: int) -> int:
        known = {CONTROL: int(not self.status & HALTED), STATUS: self.status, LENGTH: self.length}
        return known.get(offset, 0)

    def write(self, offset: int, value: int) -> None:
        if offset == CONTROL:
            running = bool(value & 1)
            self.status = self.status & ~HALTED if running else self.status | HALTED
        elif offset == ADDRESS:
            assert value % WORD == 0, "no data realignment engine here"
            self.address = value
        elif offset == ADDRESS_HIGH:
            assert value == 0
        elif offset == LENGTH and not self.status & HALTED:
            self._start(value & (1 << self.length_bits) - 1)

    def _start(self, length: int) -> None:
        assert self.task is None, "a transfer is under way"
        if length == 0:
            self.status |= INTERNAL | HALTED
            return
        self.status &= ~(IDLE | COMPLETED)
        self.task = cocotb.start_soon(self._send(length) if self.sends else self._receive(length))

    async def _send(self, length: int) -> None:
        await self.model.send(bytes(self.memory[self.address : self.address + length]))
        await self.model.wait()
        self._finish(length)

    async def _receive(self, length: int) -> None:
        data = bytes((await self.model.recv()).tdata)
        self.memory[self.address : self.address + min(length, len(data))] = data[:length]
        self._finish(len(data))
        if len(data) > length:
            self.status |= INTERNAL | HALTED

    def _finish(self, length: int) -> None:
        self.length, self.task = length, None
        self.status |= IDLE | COMPLETED
        self.changed.set()


class Dma:
    """An ``axi_dma``: a channel each way, or only the one that receives."""

    def __init__(self, source: AxiStreamSource | None, sink: AxiStreamSink, **options) -> None:
        self.channels = {S2MM: Channel(sink, **options)}
        if source is not None:
            self.channels[0] = Channel(source, **options)

    def reset(self) -> None:
        for channel in self.channels.values():
            channel.reset()

    def read(self, offset: int) -> int:
        base = S2MM if offset >= S2MM else 0
        return self.channels[base].read(offset - base) if base in self.channels else 0

    def write(self, offset: int, value: int) -> None:
        base = S2MM if offset >= S2MM else 0
        if offset - base == CONTROL and value & 4:
            self.reset()
        elif base in self.channels:
            self.channels[base].write(offset - base, value)
