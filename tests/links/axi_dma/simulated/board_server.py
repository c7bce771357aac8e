"""A board inside cocotb, for a program outside: the system, its DMAs and a memory, behind reads and writes.

Requests come line by line from the named pipe ``requests`` in the working folder, answers go to ``replies``;
both are JSON. Simulated time passes with each read of a register: until something happens, but not longer
than ``PATIENCE`` cycles.
"""

from __future__ import annotations

import json
import logging
import random
from pathlib import Path

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, First
from cocotbext.axi import AxiLiteBus, AxiLiteMaster, AxiStreamBus, AxiStreamSink, AxiStreamSource
from dma import Dma

PATIENCE = 400
MEMORY_BYTES = 1 << 22


class Board:
    """``design.json`` names the DMAs; ``board.json`` says how much they stall, and their longest transfer."""

    def __init__(self, dut) -> None:
        for name in ("cocotb.offramp_top", "cocotb.dma"):
            logging.getLogger(name).setLevel(logging.ERROR)
        self.dut, self.memory = dut, bytearray(MEMORY_BYTES)
        design = json.loads(Path("design.json").read_text())
        about = json.loads(Path("board.json").read_text())
        rng = random.Random(about["seed"])
        dut.aresetn.value = 0
        Clock(dut.aclk, 10, unit="ns").start()
        reset = {"reset": dut.aresetn, "reset_active_level": False}
        self.master = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axi"), dut.aclk, **reset)
        self.cell, self.dmas = design["cell"], dict[str, Dma]()
        inputs = {stage["input"]["dma"] for stage in design["stages"]}
        outputs = [stage[kind] for stage in design["stages"] for kind in ("logits", "feature_map")]
        for name in (stream["dma"] for stream in outputs if stream is not None):
            source = None
            if name in inputs:
                source = AxiStreamSource(AxiStreamBus.from_prefix(dut, f"s_axis_{name}"), dut.aclk, **reset)
            sink = AxiStreamSink(AxiStreamBus.from_prefix(dut, f"m_axis_{name}"), dut.aclk, **reset)
            options = {"memory": self.memory, "length_bits": about["length_bits"], "share": about["share"]}
            self.dmas[name] = Dma(source, sink, rng=rng, **options)

    async def answer(self, asked: dict) -> object:
        """Do what a request says."""
        kind, block, address = asked["do"], asked.get("block"), asked.get("address", 0)
        if kind == "download":
            return await self._reset()
        if kind == "load":
            return self.memory[address : address + asked["count"]].hex()
        if kind == "store":
            data = bytes.fromhex(asked["data"])
            self.memory[address : address + len(data)] = data
            return None
        if block == self.cell:
            if kind == "read":
                return int.from_bytes((await self.master.read(address, 4)).data, "little")
            await self.master.write(address, asked["value"].to_bytes(4, "little"))
            return None
        if kind == "read":
            await self._pass()
            return self.dmas[block].read(address)
        self.dmas[block].write(address, asked["value"])
        return None

    async def _reset(self) -> None:
        self.dut.aresetn.value = 0
        await ClockCycles(self.dut.aclk, 4)
        for dma in self.dmas.values():
            dma.reset()
        self.dut.aresetn.value = 1
        await ClockCycles(self.dut.aclk, 2)

    async def _pass(self) -> None:
        """Let time pass."""
        events = [channel.changed for dma in self.dmas.values() for channel in dma.channels.values()]
        if not any(event.is_set() for event in events):
            await First(ClockCycles(self.dut.aclk, PATIENCE), *(event.wait() for event in events))
        for event in events:
            event.clear()


@cocotb.test()
async def serve(dut) -> None:
    board = Board(dut)
    with Path("requests").open() as requests, Path("replies").open("w") as replies:
        for line in requests:  # until the program closes it
            replies.write(json.dumps(await board.answer(json.loads(line))) + "\n")
            replies.flush()
