"""The second test bench: runs inside cocotb and shares nothing with the engine, packing and stalls included.

It reads ``job.json`` and writes ``result.json`` in its working folder: per stream the beats as integers (the
whole word of tdata) and the cycle of every beat.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge

MASK = (1 << 64) - 1
PATIENCE = 10_000  # cycles


def stalls(enter: int, stay: int, seed: int) -> Iterator[bool]:
    """The documented rule: stalled if the next number of xorshift64* is below a threshold of two."""
    z = (seed + 0x9E3779B97F4A7C15) & MASK
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
    state, stalled = (z ^ z >> 31) | 1, False
    while True:
        if enter:
            state ^= state >> 12
            state = (state ^ state << 25) & MASK
            state ^= state >> 27
            number = (state * 0x2545F4914F6CDD1D & MASK) >> 32
            stalled = number < (stay if stalled else enter)
        yield stalled


class Input:
    def __init__(self, dut, name: str, job: dict) -> None:
        self.data, self.valid, self.ready = (
            getattr(dut, f"{name}_{port}") for port in ("tdata", "tvalid", "tready")
        )
        self.left, self.stalls, self.cycles, self.shown = (
            list(job["beats"]),
            stalls(*job["stalls"]),
            [],
            False,
        )

    def drive(self) -> None:
        if not self.shown and self.left and not next(self.stalls):
            self.data.value = self.left[0]
            self.shown = True
        self.valid.value = int(self.shown)

    def sample(self, cycle: int) -> None:
        if self.shown and int(self.ready.value):
            self.left.pop(0)
            self.shown = False
            self.cycles.append(cycle)


class Output:
    def __init__(self, dut, name: str, job: dict) -> None:
        self.data, self.valid, self.ready = (
            getattr(dut, f"{name}_{port}") for port in ("tdata", "tvalid", "tready")
        )
        self.stalls, self.cycles, self.beats, self.go = stalls(*job["stalls"]), [], [], False

    def drive(self) -> None:
        self.go = not next(self.stalls)
        self.ready.value = int(self.go)

    def sample(self, cycle: int) -> None:
        if self.go and int(self.valid.value):
            self.beats.append(int(self.data.value))
            self.cycles.append(cycle)


@cocotb.test()
async def stream_frames(dut) -> None:
    job = json.loads(Path("job.json").read_text())
    inputs = {name: Input(dut, name, about) for name, about in job["inputs"].items()}
    outputs = {name: Output(dut, name, about) for name, about in job["outputs"].items()}
    for stream in inputs.values():
        stream.valid.value = 0
    for stream in outputs.values():
        stream.ready.value = 0
    dut.ap_rst_n.value = 0
    Clock(dut.ap_clk, 10, unit="ns").start()
    for _ in range(10):
        await RisingEdge(dut.ap_clk)
    dut.ap_rst_n.value = 1
    wanted = {name: about["count"] for name, about in job["outputs"].items()}
    for cycle in range(PATIENCE):
        # Inputs change behind the rising edge; in the middle of the cycle everything has settled.
        for stream in (*inputs.values(), *outputs.values()):
            stream.drive()
        await FallingEdge(dut.ap_clk)
        for stream in (*inputs.values(), *outputs.values()):
            stream.sample(cycle)
        if all(len(outputs[name].beats) >= count for name, count in wanted.items()):
            break
        await RisingEdge(dut.ap_clk)
    result = {name: {"cycles": stream.cycles} for name, stream in inputs.items()}
    result |= {name: {"cycles": stream.cycles, "beats": stream.beats} for name, stream in outputs.items()}
    Path("result.json").write_text(json.dumps(result))
