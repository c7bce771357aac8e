"""The system inside cocotb, between AXI models: a source and sinks per stage, a master for the registers.

Runs in the simulator's process; ``job.json`` in the working folder says what the system is and computes.
"""

from __future__ import annotations

import itertools
import json
import logging
import random
from collections.abc import Iterator
from pathlib import Path

from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge
from cocotbext.axi import AxiLiteBus, AxiLiteMaster, AxiStreamBus, AxiStreamSink, AxiStreamSource

STAGE, STAGE_BYTES, THRESHOLD, DIGEST = 0x100, 64, 0x40, 0x20
RESET, INPUT_BYTES, LOGITS_BYTES, MAP_BYTES, FRAMES_IN, FRAMES_CUT, LOGITS_OUT, MAPS_OUT = range(0, 32, 4)
BUSY, STALLED, HIGH = 0x20, 0x28, 0x0C


def pauses(rng: random.Random, share: float) -> Iterator[bool]:
    """Paused or not in each cycle: ``share`` of the time, in bursts of any length."""
    while True:
        yield from itertools.repeat(rng.random() < share, rng.choice((1, 1, 2, 3, 7, 40)))


class StagePorts:
    """The streams of one stage, and what it must answer: bytes of frames, of logits and of feature maps."""

    def __init__(self, dut, index: int, job: dict) -> None:
        self.index = index
        reset = {"reset": dut.aresetn, "reset_active_level": False}

        def bus(prefix: str) -> AxiStreamBus:
            return AxiStreamBus.from_prefix(dut, prefix)

        self.source = AxiStreamSource(bus(f"s_axis_dma{index}"), dut.aclk, **reset)
        names = [f"m_axis_dma{index}", *([f"m_axis_dma{index}_map"] if job["maps"] else [])]
        self.sinks = [AxiStreamSink(bus(name), dut.aclk, **reset) for name in names]
        self.frames = [bytes.fromhex(text) for text in job["frames"]]
        answers = [job["logits"], *([job["maps"]] if job["maps"] else [])]
        self.answers = [[bytes.fromhex(text) for text in texts] for texts in answers]

    @property
    def models(self) -> list:
        return [self.source, *self.sinks]

    async def send(self, data: bytes) -> None:
        """Send a transfer."""
        await self.source.send(data)

    async def expect(self, wanted: list[int | None]) -> None:
        """Take as many packets of each output; each must be the answer to that frame, if one is named."""
        for what, sink, answers in zip(("logits", "feature map"), self.sinks, self.answers, strict=False):
            for place, number in enumerate(wanted):
                found = bytes((await sink.recv()).tdata)
                if number is not None:
                    assert found == answers[number], f"stage {self.index}, {what} of answer {place}"
                assert len(found) == len(answers[0])


class Rig:
    """The whole system with its AXI models."""

    def __init__(self, dut) -> None:
        logging.getLogger(f"cocotb.{dut._name}").setLevel(logging.WARNING)
        self.dut, self.job = dut, json.loads(Path("job.json").read_text())
        self.rng = random.Random(self.job["seed"])
        dut.aresetn.value = 0
        Clock(dut.aclk, 10, unit="ns").start()
        self.stages = [StagePorts(dut, k, job) for k, job in enumerate(self.job["stages"])]
        bus = AxiLiteBus.from_prefix(dut, "s_axi")
        self.master = AxiLiteMaster(bus, dut.aclk, dut.aresetn, reset_active_level=False)
        write, read = self.master.write_if, self.master.read_if
        self.channels = [write.aw_channel, write.w_channel, write.b_channel, read.ar_channel, read.r_channel]

    async def reset(self, cycles: int = 3) -> None:
        """Reset everything; what the models have under way is dropped."""
        self.dut.aresetn.value = 0
        await ClockCycles(self.dut.aclk, cycles)
        for stage in self.stages:
            for model in stage.models:
                model.clear()
        self.dut.aresetn.value = 1
        await ClockCycles(self.dut.aclk, 2)

    def stall(self, share: float) -> None:
        """Pause every channel at random, each for a share of its own below ``share``."""
        streams = [model for stage in self.stages for model in stage.models]
        for channel in (*streams, *self.channels):
            own = random.Random(self.rng.random())
            channel.set_pause_generator(pauses(own, own.random() * share) if share else None)
            if not share:
                channel.pause = False

    async def read(self, address: int) -> int:
        return int.from_bytes((await self.master.read(address, 4)).data, "little")

    async def write(self, address: int, value: int) -> None:
        await self.master.write(address, value.to_bytes(4, "little"))

    async def of_stage(self, stage: int, register: int) -> int:
        """A register of a stage; a counter of 64 bits is read whole."""
        low = await self.read(STAGE + stage * STAGE_BYTES + register)
        return low + (await self.read(HIGH) << 32) if register in (BUSY, STALLED) else low

    async def cycles(self, count: int) -> None:
        await ClockCycles(self.dut.aclk, count)

    async def edge(self) -> None:
        await RisingEdge(self.dut.aclk)
