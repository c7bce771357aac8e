"""Our blocks, simulated: right values under every pattern of stalls, one beat per cycle without any."""

from __future__ import annotations

import numpy as np
import pytest

from tests.rtl import cases
from tests.rtl.cases import Case
from toolkit.sim import PRESETS, SimRun, Simulator, StallPattern, build

pytestmark = pytest.mark.sim

QUEUES = {1: 2, 2: 3, 3: 5, 4: 64}
CASES: tuple[Case, ...] = (
    cases.queue(QUEUES[1], 8, 1, 1),
    cases.queue(QUEUES[2], 10, 7, 2),
    cases.queue(QUEUES[3], 1, 1, 3),
    cases.queue(QUEUES[4], 33, 2, 4),
    cases.pool("pool22", (4, 6), 6, 2, (2, 2), (2, 2), signed=True),
    cases.pool("pool32", (8, 7), 2, 1, (3, 3), (2, 2), signed=True, bits=8),
    cases.pool("pool31", (5, 6), 2, 2, (3, 3), (1, 1)),
    cases.pool("poolUneven", (7, 6), 3, 1, (3, 2), (1, 2), bits=2),
    cases.pool("poolWide", (3, 8), 1, 1, (1, 3), (2, 3)),
    cases.pool("poolTall", (9, 1), 1, 1, (2, 1), (1, 1), bits=1),
    cases.window("windowSame", (5, 6), 2, (3, 3), (1, 1), (1, 1, 1, 1)),
    cases.window("windowFull", (6, 4), 1, (5, 5), (1, 1), (4, 4, 4, 4), 5, bits=8),
    cases.window("windowBare", (6, 5), 3, (2, 3), (1, 1), (0, 0, 0, 0), 9),
    cases.window("windowStrided", (7, 8), 2, (3, 2), (2, 3), (2, 0, 1, 1), 4),
    cases.window("windowDot", (3, 4), 2, (1, 1), (1, 1), (0, 0, 0, 0)),
    cases.window("windowColumn", (6, 1), 1, (3, 1), (1, 1), (1, 0, 1, 0), 3),
    cases.window("windowFar", (3, 3), 1, (2, 2), (2, 1), (1, 1, 3, 2), 2),
    cases.window("windowLeap", (4, 3), 1, (1, 1), (1, 5), (0, 0, 0, 0)),
    cases.window("windowOne", (1, 1), 2, (3, 5), (7, 4), (1, 2, 1, 2), 3),
    cases.window("windowAll", (3, 2), 1, (5, 4), (2, 1), (1, 1, 1, 1), 2),
    cases.window("windowTall", (2, 1), 1, (4, 1), (1, 3), (3, 0, 0, 0)),
    cases.window("windowOutside", (2, 3), 2, (1, 2), (2, 3), (1, 2, 1, 2), 2),
    cases.window("windowLost", (3, 2), 1, (2, 1), (5, 6), (4, 3, 0, 5)),
    cases.window("windowIslands", (2, 2), 1, (2, 2), (3, 3), (5, 6, 5, 6), 4, bits=3),
    cases.pool("poolGlobal", (4, 5), 2, 1, (4, 5), (1, 1), signed=True),
    cases.pool("poolPick", (5, 4), 1, 1, (1, 1), (2, 3)),
    cases.pool("poolLeap", (5, 6), 2, 2, (2, 1), (9, 4)),
    cases.pool("poolPoint", (1, 1), 3, 1, (1, 1), (1, 1)),
    cases.pool("poolCeil", (5, 7), 4, 2, (2, 2), (2, 2), (0, 0, 1, 1), signed=True),
    cases.pool("poolSame", (4, 5), 2, 1, (3, 3), (1, 1), (1, 1, 1, 1), signed=True),
    cases.pool("poolHalf", (6, 4), 3, 3, (3, 3), (2, 2), (1, 1, 1, 0), bits=2),
    cases.pool("poolCut", (1, 1), 2, 1, (2, 3), (2, 1), (0, 1, 1, 1), signed=True, bits=3),
    *(cases.random_pool(seed) for seed in range(24)),
    cases.bias("biasFolded", 2, 9, True, [-32, 31, 0, -1, 17, -20]),
    cases.bias("biasParallel", 3, 4, False, [5, -7, 31]),
    cases.bias("biasSerial", 1, 5, True, [-3, 30, -32, 1, 2]),
    cases.fork("fork13", 13),
    cases.adder("addSerial", 4, 1),
    cases.adder("addParallel", 7, 5),
    cases.adder("addBits", 1, 3),
)
FRAMES = 60


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Simulator:
    folder = tmp_path_factory.mktemp("blocks")
    design = cases.design("blocks", CASES, folder, sorted(cases.RTL.glob("*.sv")))
    return build(design, cache_dir=folder / "cache", observe=True, stall_inside=True)


def run(simulator: Simulator, stalls: StallPattern) -> SimRun:
    """Run all blocks and compare every value."""
    inputs = cases.values(CASES, FRAMES, stalls.seed)
    done = simulator.run(inputs, stalls=stalls, jobs=1)
    for case in CASES:
        for out in case.outputs:
            assert np.array_equal(done.outputs[out.name], cases.expected(case, inputs)), out.name
    for ident in QUEUES:
        assert np.array_equal(done.probes[ident], inputs[f"queue{ident}In"])
    return done


GRID = {
    f"{idle}-{stalled}": StallPattern(idle, stalled, seed=seed)
    for seed, (idle, stalled) in enumerate([(0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.5, 0.5)])
}
SEEDED = {f"{name}-{seed}": StallPattern.named(name, seed) for name in PRESETS for seed in (11, 12)}


@pytest.mark.parametrize("stalls", [*GRID.values(), *SEEDED.values()], ids=[*GRID, *SEEDED])
def test_values(simulator: Simulator, stalls: StallPattern) -> None:
    run(simulator, stalls)


def test_no_cycle_is_lost(simulator: Simulator) -> None:
    done = run(simulator, StallPattern())
    for case in CASES:
        for stream in (*case.inputs, *case.outputs):
            # The first frame finds the block empty and may be taken in a few cycles sooner.
            last = done.stamps[stream.name].last[1:]
            assert np.all(np.diff(last) == case.interval), stream.name


@pytest.mark.parametrize("ident", QUEUES)
def test_latency_of_a_queue(simulator: Simulator, ident: int) -> None:
    done = run(simulator, StallPattern())
    entered, left = done.stamps[f"queue{ident}In"].first[0], done.stamps[f"queue{ident}Out"].first[0]
    assert left - entered == (1 if QUEUES[ident] == 2 else 2)


def test_a_queue_holds_exactly_its_depth(simulator: Simulator) -> None:
    done = run(simulator, StallPattern(output_stall=0.8, burst=400, seed=3))
    assert done.fifo_peak == QUEUES
