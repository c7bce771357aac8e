"""What the whole system must do, as cocotb tests: see :mod:`tests.links.axi_dma.test_top`."""

from __future__ import annotations

import os

import cocotb
from axi_rig import (
    BUSY,
    DIGEST,
    FRAMES_CUT,
    FRAMES_IN,
    HIGH,
    INPUT_BYTES,
    LOGITS_BYTES,
    LOGITS_OUT,
    MAP_BYTES,
    MAPS_OUT,
    RESET,
    STAGE,
    STAGE_BYTES,
    STALLED,
    THRESHOLD,
    Rig,
    StagePorts,
)

LONGEST = 20
"""Most frames of a transfer."""
LIMIT_US = float(os.environ["LIMIT_US"])
"""Simulated time of a test after which it has failed."""


async def pass_frames(rig: Rig, stage: StagePorts, numbers: list[int]) -> None:
    """Send frames in transfers of any length and compare every answer."""
    taken = cocotb.start_soon(stage.expect(list(numbers)))
    left = list(numbers)
    while left:
        count = rig.rng.choice((1, 1, 2, 3, LONGEST))
        now, left = left[:count], left[count:]
        await stage.send(b"".join(stage.frames[number] for number in now))
    await taken


async def pass_everywhere(rig: Rig, count: int | None = None) -> None:
    """Send the first ``count`` frames through all stages at the same time."""
    tasks = [
        cocotb.start_soon(pass_frames(rig, stage, list(range(len(stage.frames)))[:count]))
        for stage in rig.stages
    ]
    for task in tasks:
        await task


async def count_stalls(rig: Rig, stage: StagePorts, found: list[int]) -> None:
    """Count the cycles in which a word of a stage waits."""
    buses = [sink.bus for sink in stage.sinks]
    while True:
        await rig.edge()
        waits = any(int(bus.tvalid.value) and not int(bus.tready.value) for bus in buses)
        found[0] += waits


@cocotb.test(timeout_time=LIMIT_US, timeout_unit="us")
async def every_answer_is_golden(dut) -> None:
    """Under random pauses on every channel, with registers read meanwhile, and without any pause."""
    rig = Rig(dut)
    for share in rig.job["shares"]:
        rig.stall(0)
        await rig.reset()
        rig.stall(share)

        async def look() -> None:
            seen = [0] * len(rig.stages)
            while True:
                for k in range(len(rig.stages)):
                    now = await rig.of_stage(k, FRAMES_IN)
                    assert seen[k] <= now <= len(rig.stages[k].frames)
                    seen[k] = now
                await rig.cycles(50)

        looking = cocotb.start_soon(look())
        stalls = [[0] for _ in rig.stages]
        pairs = zip(rig.stages, stalls, strict=True)
        counting = [cocotb.start_soon(count_stalls(rig, stage, found)) for stage, found in pairs]
        await pass_everywhere(rig)
        for task in (looking, *counting):
            task.cancel()
        for k, stage in enumerate(rig.stages):
            frames = len(stage.frames)
            assert await rig.of_stage(k, FRAMES_IN) == frames
            assert await rig.of_stage(k, LOGITS_OUT) == frames
            assert await rig.of_stage(k, MAPS_OUT) == (frames if len(stage.sinks) > 1 else 0)
            assert await rig.of_stage(k, FRAMES_CUT) == 0
            assert abs(await rig.of_stage(k, STALLED) - stalls[k][0]) <= 1
            assert await rig.of_stage(k, BUSY) > frames


@cocotb.test(timeout_time=LIMIT_US, timeout_unit="us")
async def registers_are_as_the_table_says(dut) -> None:
    """Constants, thresholds byte by byte, and nothing else, with random pauses on the five channels."""
    rig = Rig(dut)
    await rig.reset()
    rig.stall(0.8)
    stages, digest = len(rig.stages), rig.job["digest"]
    constants = {0x0: 0x4F465250, 0x4: 1, 0x8: stages, HIGH: None}
    constants |= {DIGEST + 4 * i: int(digest[8 * i : 8 * i + 8], 16) for i in range(8)}
    for k, stage in enumerate(rig.stages):
        own = STAGE + k * STAGE_BYTES
        sizes = [len(stage.frames[0]), *(len(answers[0]) for answers in stage.answers), 0]
        constants |= {own + INPUT_BYTES: sizes[0], own + LOGITS_BYTES: sizes[1], own + MAP_BYTES: sizes[2]}
    resets = {STAGE + k * STAGE_BYTES + RESET for k in range(stages)}
    thresholds = {THRESHOLD + 4 * k: 0 for k in range(stages - 1)}
    for step in rig.job["sweeps"]:
        behind = THRESHOLD + 4 * len(thresholds)
        every = sorted({*range(0, 1 << 12, step), *constants, *thresholds, behind, *resets})
        for address in every:
            if address not in resets | thresholds.keys():
                await rig.write(address, rig.rng.getrandbits(32))
        for address in every:
            wanted = constants.get(address, thresholds.get(address, 0))
            found = await rig.read(address)
            assert wanted is None or found == wanted, f"{address:03x}"
        for address in thresholds:
            thresholds[address] = rig.rng.getrandbits(32)
            await rig.write(address, thresholds[address])
            place, value = rig.rng.randrange(4), rig.rng.getrandbits(8)
            await rig.master.write(address + place, bytes([value]))
            thresholds[address] &= ~(0xFF << 8 * place)
            thresholds[address] |= value << 8 * place
            assert await rig.read(address) == thresholds[address]
    await many_at_once(rig, constants)
    await rig.reset()
    for address in thresholds:
        assert await rig.read(address) == 0


async def many_at_once(rig: Rig, constants: dict[int, int | None]) -> None:
    """Accesses that do not wait for the answers to those before them."""
    last = 0
    for _ in range(20):
        known = [address for address, value in constants.items() if value is not None]
        asked = [rig.rng.choice(known) for _ in range(6)]
        reads = [cocotb.start_soon(rig.read(address)) for address in asked]
        writes = []
        for i in range(6):
            if i % 2:
                last = rig.rng.getrandbits(32)
            writes.append(
                cocotb.start_soon(rig.write(THRESHOLD if i % 2 else 0, last if i % 2 else ~last & 0xFFFF))
            )
        assert [await task for task in reads] == [constants[address] for address in asked]
        for task in writes:
            await task
        assert await rig.read(THRESHOLD) == (last if len(rig.stages) > 1 else 0)


@cocotb.test(timeout_time=LIMIT_US, timeout_unit="us")
async def a_stage_is_busy_until_all_is_taken(dut) -> None:
    """While one output waits, and not afterwards."""
    rig = Rig(dut)
    await rig.reset()
    for stage in rig.stages:
        for late in stage.sinks:
            before = await rig.of_stage(stage.index, BUSY)
            late.pause = True
            taken = cocotb.start_soon(stage.expect([0]))
            await stage.send(stage.frames[0])
            await rig.cycles(2 * rig.job["frame_cycles"] + 500)
            late.pause = False
            await taken
            await rig.cycles(5)
            busy = await rig.of_stage(stage.index, BUSY)
            # What waited behind the output takes up to a frame's time of its own.
            assert 400 < busy - before < 3 * rig.job["frame_cycles"] + 600
            assert await rig.of_stage(stage.index, BUSY) == busy


@cocotb.test(timeout_time=LIMIT_US, timeout_unit="us")
async def a_transfer_of_any_length_shifts_nothing(dut) -> None:
    """Transfers that end within a frame, or hold a part of another: each is counted, the next is right."""
    rig = Rig(dut)
    await rig.reset()
    rig.stall(0.5)
    for stage in rig.stages:
        size, cuts = len(stage.frames[0]), 0
        for _ in range(12):
            numbers = [rig.rng.randrange(len(stage.frames)) for _ in range(rig.rng.randrange(3))]
            whole = b"".join(stage.frames[number] for number in numbers)
            part = rig.rng.randrange(size)
            if not whole and not part:
                continue
            cuts += part > 0
            taken = cocotb.start_soon(stage.expect([*numbers, *([None] if part else [])]))
            await stage.send(whole + stage.frames[0][:part])
            await taken
            assert await rig.of_stage(stage.index, FRAMES_CUT) == cuts
        await pass_frames(rig, stage, list(range(min(5, len(stage.frames)))))
        assert all(sink.empty() for sink in stage.sinks)


@cocotb.test(timeout_time=LIMIT_US, timeout_unit="us")
async def a_reset_in_mid_frame_leaves_nothing(dut) -> None:
    """Of everything, at any time: the next frames are answered as the first ones are."""
    rig = Rig(dut)
    await rig.reset()
    for _ in range(rig.job["resets"]):
        rig.stall(rig.rng.choice((0, 0.6)))
        tasks = [cocotb.start_soon(stage.send(b"".join(stage.frames[:5]))) for stage in rig.stages]
        await rig.cycles(rig.rng.randrange(1, rig.job["frame_cycles"] * 2))
        for task in tasks:
            task.cancel()
        await rig.reset(rig.rng.randrange(1, 4))
        await pass_everywhere(rig, 2)
        for k in range(len(rig.stages)):
            assert await rig.of_stage(k, FRAMES_IN) == 2


@cocotb.test(timeout_time=LIMIT_US, timeout_unit="us")
async def a_stage_is_reset_alone(dut) -> None:
    """With its DMAs, in mid-frame: the other stages go on, thresholds stay, its own counters do not."""
    rig = Rig(dut)
    await rig.reset()
    first, *others = rig.stages
    await rig.write(THRESHOLD, 0x12345678)
    going = [cocotb.start_soon(pass_frames(rig, one, list(range(len(one.frames))))) for one in others]
    rig.stall(0.3)
    for _ in range(rig.job["resets"]):
        sending = cocotb.start_soon(first.send(b"".join(first.frames[:5])))
        await rig.cycles(rig.rng.randrange(1, rig.job["frame_cycles"] * 2))
        sending.cancel()
        for model in first.models:
            model.assert_reset(True)
        await rig.write(STAGE + RESET, 1)
        assert await rig.of_stage(0, RESET) == 1
        await rig.write(STAGE + RESET, 0)
        for model in first.models:
            model.clear()
            model.assert_reset(False)
        assert [await rig.of_stage(0, one) for one in (FRAMES_IN, LOGITS_OUT, BUSY)] == [0, 0, 0]
        await pass_frames(rig, first, [0, 1])
        assert [await rig.of_stage(0, one) for one in (FRAMES_IN, LOGITS_OUT)] == [2, 2]
    for task in going:
        await task
    assert await rig.read(THRESHOLD) == (0x12345678 if others else 0)
