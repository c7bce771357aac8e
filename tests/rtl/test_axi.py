"""Words of a DMA to beats of a stage and back, under random stalls; cut frames shift nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.rtl import axi_cases, cases, files
from tests.rtl.test_axi_accepted import SOURCES
from toolkit.sim import PRESETS, SimRun, Simulator, StallPattern, build

pytestmark = pytest.mark.sim

DESIGNS = Path(__file__).parent / "designs"
SIZES = ((1, 1), (1, 9), (2, 5), (3, 1), (3, 7), (4, 3), (5, 4), (6, 3), (7, 2), (8, 1), (8, 4), (9, 2),
         (10, 3), (12, 2), (13, 3), (16, 1), (16, 3), (17, 2), (24, 2), (31, 1), (33, 2),
         (64, 2))  # fmt: skip
"""Bytes of a beat, and beats of a frame."""
INPUTS = tuple(axi_cases.to_beats(*size) for size in SIZES)
OUTPUTS = tuple(axi_cases.to_words(*size) for size in SIZES)
CASES = (*(case for case, _ in INPUTS), *OUTPUTS, axi_cases.REGISTERS)
FRAMES = 12


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Simulator:
    folder = tmp_path_factory.mktemp("axi")
    benches = [DESIGNS / f"axis_{end}_bench.sv" for end in ("input", "output")]
    benches.append(DESIGNS / "axi_registers_bench.sv")
    sources = [*SOURCES, files.source("offramp_stream_check"), *benches]
    return build(cases.design("axi", CASES, folder, sources), cache_dir=folder / "cache", stall_inside=True)


def inputs(seed: int) -> dict[str, np.ndarray]:
    found = cases.values(OUTPUTS, FRAMES, seed) | {"registersIn": axi_cases.addresses(FRAMES, seed)}
    return found | {case.inputs[0].name: axi_cases.values(case, plan, FRAMES, seed) for case, plan in INPUTS}


def run(simulator: Simulator, stalls: StallPattern) -> SimRun:
    """Run all blocks and compare every bit."""
    given = inputs(stalls.seed)
    done = simulator.run(given, stalls=stalls, jobs=1)
    for case in CASES:
        assert np.array_equal(done.outputs[case.outputs[0].name], cases.expected(case, given)), case.name
    return done


SEEDED = {f"{name}-{seed}": StallPattern.named(name, seed) for name in PRESETS for seed in (1, 2)}


@pytest.mark.parametrize("stalls", SEEDED.values(), ids=SEEDED)
def test_bytes_stay_in_order(simulator: Simulator, stalls: StallPattern) -> None:
    run(simulator, stalls)


def test_plans_hold_every_kind_of_transfer() -> None:
    for (size, beats), (case, plan) in zip(SIZES, INPUTS, strict=True):
        frame = size * beats
        shown = axi_cases.beats_of(axi_cases.words_of(plan, np.random.default_rng(0)), size, beats)
        cuts = shown[-1] >> 8 * size + 16
        assert cuts >= (1 if frame == 1 else 3), case.name
        assert {0, frame, 3 * frame} <= {length for length, _ in plan}


def test_a_word_or_a_beat_per_cycle(simulator: Simulator) -> None:
    """Whichever there are more of; a frame whose last beat fills more than a word takes a cycle more."""
    done = run(simulator, StallPattern())
    for (size, beats), case in zip(SIZES, OUTPUTS, strict=True):
        frames, words = case.source.beats // beats, -(-size * beats // axi_cases.WORD)
        took = np.diff(done.stamps[case.outputs[0].name].last[1:]) - max(beats, words) * frames
        assert np.all((took >= 0) & (took <= frames)), case.name
        assert np.all(took == 0) or size % axi_cases.WORD, case.name
