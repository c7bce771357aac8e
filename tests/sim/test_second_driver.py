"""The test bench is tested: a second one, in cocotb, sees the same beats in the same cycles."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.sim.cocotb_runs import compile_for_cocotb, run_in_cocotb
from toolkit.sim import StallPattern

from .conftest import BlockSum

pytest.importorskip("cocotb", reason="the second test bench runs in cocotb (extra 'dev')")
pytestmark = pytest.mark.sim

FRAMES = 5
PATTERNS = {
    "none": StallPattern(),
    "both": StallPattern(input_idle=0.3, output_stall=0.6, seed=11),
    "bursts": StallPattern(input_idle=0.5, output_stall=0.5, seed=12, burst=9),
}


@pytest.fixture(scope="module")
def cocotb_folder(block_sum: BlockSum, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The design compiled for cocotb by its own runner."""
    folder, design = tmp_path_factory.mktemp("cocotb"), block_sum.design()
    compile_for_cocotb(design.sources, design.top, folder)
    return folder


def seed_of(pattern: StallPattern, name: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{pattern.seed}/{name}/0".encode()).digest()[:8], "little")


def word(lanes: list[int], bits: int) -> int:
    """The word of tdata, one lane after another."""
    return sum((value % (1 << bits)) << (bits * lane) for lane, value in enumerate(lanes))


def run_cocotb(folder: Path, block_sum: BlockSum, values: np.ndarray, pattern: StallPattern) -> dict:
    work = folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(block_sum.data_dir(), work)
    beats = [word(lanes, 5) for lanes in values.reshape(-1, values.shape[2]).tolist()]
    job = {
        "inputs": {"in0_V": {"beats": beats, "stalls": stalls_of(pattern, "in0_V", pattern.input_idle)}},
        "outputs": {
            "out0_V": {"count": FRAMES * 5, "stalls": stalls_of(pattern, "out0_V", pattern.output_stall)}
        },
    }
    (work / "job.json").write_text(json.dumps(job))
    run_in_cocotb(folder, "block_sum", Path(__file__).with_name("cocotb_bench.py"), work)
    return json.loads((work / "result.json").read_text())


def stalls_of(pattern: StallPattern, name: str, share: float) -> list[int]:
    return [*pattern.thresholds(share), seed_of(pattern, name)]


@pytest.mark.parametrize("name", PATTERNS)
def test_same_beats_in_the_same_cycles(
    cocotb_folder: Path, block_sum: BlockSum, sim_cache: Path, name: str
) -> None:
    values = block_sum.inputs(FRAMES, seed=3)
    second = run_cocotb(cocotb_folder, block_sum, values, PATTERNS[name])
    first = block_sum.simulator(sim_cache).run({"in0_V": values}, stalls=PATTERNS[name], jobs=1)

    beats = [word([value], 18) for value in first.outputs["out0_V"].ravel().tolist()]
    assert [beat % (1 << 18) for beat in second["out0_V"]["beats"]] == beats
    for stream, count in (("in0_V", 20), ("out0_V", 5)):
        cycles = np.array(second[stream]["cycles"])[: FRAMES * count].reshape(FRAMES, count)
        assert np.array_equal(cycles[:, 0], first.stamps[stream].first)
        assert np.array_equal(cycles[:, -1], first.stamps[stream].last)
