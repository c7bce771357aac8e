"""Runs from the store: the same run is not simulated again, and anything else is another run."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from toolkit.core.stream import Stream
from toolkit.sim import RtlDesign, SimRun, Simulator, StallPattern, Trace, build
from toolkit.sim.options import BuildOptions
from toolkit.sim.plan import design_digest
from toolkit.sim.process import Chunk, Limits
from toolkit.sim.simulator import Processes
from toolkit.sim.stored import KIND, run_key

from .conftest import BlockSum


@pytest.fixture
def simulator(block_sum: BlockSum, sim_cache: Path, tmp_path: Path) -> Simulator:
    """Compiled once for all tests; its runs are kept for one test."""
    folder = shutil.copytree(block_sum.data_dir(), tmp_path / "data")
    design = dataclasses.replace(block_sum.design(), data_dir=folder)
    built = build(design, cache_dir=sim_cache, observe=True, stall_inside=True, stored=True)
    built.store = type(built.store)(tmp_path / "store")  # type: ignore[arg-type, misc]
    return built


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One number more for each simulation that really runs."""
    seen: list[int] = []
    start = Processes.start

    def counted(self: Processes, arguments: list[str]) -> None:
        seen.append(len(seen))
        start(self, arguments)

    monkeypatch.setattr(Processes, "start", counted)
    return seen


def same(one: SimRun, other: SimRun) -> None:
    """Compare all fields, measured times included."""
    for field in dataclasses.fields(SimRun):
        left, right = getattr(one, field.name), getattr(other, field.name)
        if not isinstance(left, dict):
            np.testing.assert_array_equal(left, right)
            continue
        assert left.keys() == right.keys()
        for name in left:
            pair = [
                value if not dataclasses.is_dataclass(value) else dataclasses.astuple(value)
                for value in (left[name], right[name])
            ]
            np.testing.assert_array_equal(*pair)
            assert getattr(left[name], "dtype", None) == getattr(right[name], "dtype", None)


@pytest.mark.sim
def test_the_same_run_is_not_simulated_again(
    simulator: Simulator, block_sum: BlockSum, starts: list[int]
) -> None:
    values, stalls = block_sum.inputs(9), StallPattern(input_idle=0.3, inside=0.2, seed=4)
    told: list[tuple[str, int, int]] = []
    first = simulator.run({"in0_V": values}, stalls=stalls)
    again = simulator.run({"in0_V": values}, stalls=stalls, progress=lambda *step: told.append(step))
    assert len(starts) == 1
    same(first, again)
    assert set(first.probes) == {3, 7}
    assert np.array_equal(again.outputs["out0_V"], block_sum.expected(values))
    assert told == [("simulate block_sum", 9, 9)]


@pytest.mark.sim
@pytest.mark.parametrize(
    "other",
    [
        {"values": 1},
        {"frames": 8},
        {"stalls": StallPattern(input_idle=0.5, seed=2)},
        {"stalls": StallPattern(input_idle=0.5, burst=9)},
        {"stalls": StallPattern(input_idle=0.4)},
        {"jobs": 1},
        {"quiet_cycles": 5000},
        {"timeout_cycles": 100_000},
        {"probes": [3]},
    ],
)
def test_another_run_is_simulated(
    simulator: Simulator, block_sum: BlockSum, starts: list[int], other: dict
) -> None:
    def run(values: int = 0, frames: int = 9, **options: object) -> SimRun:
        options = {"stalls": StallPattern(input_idle=0.5), **options}
        return simulator.run({"in0_V": block_sum.inputs(frames, values)}, **options)  # type: ignore[arg-type]

    run()
    run(**other)
    assert len(starts) == 2


@pytest.mark.sim
def test_a_changed_memory_image_is_another_run(
    simulator: Simulator, block_sum: BlockSum, starts: list[int]
) -> None:
    values = {"in0_V": block_sum.inputs(2)}
    before = simulator.run(values).outputs["out0_V"]
    assert simulator.design.data_dir is not None
    image = simulator.design.data_dir / "offsets.dat"
    image.write_text(image.read_text().replace("00005", "00006"))
    after = simulator.run(values).outputs["out0_V"]
    assert len(starts) == 2
    assert np.array_equal(after - before, np.tile([[1], [0], [0], [0], [0]], (2, 1, 1)))


@pytest.mark.sim
def test_a_damaged_run_is_simulated_again(
    simulator: Simulator, block_sum: BlockSum, starts: list[int], tmp_path: Path
) -> None:
    values = {"in0_V": block_sum.inputs(2)}
    first = simulator.run(values)
    (file,) = tmp_path.glob(f"store/{KIND}/*/arrays.npz")
    file.write_bytes(file.read_bytes()[:100])
    assert np.array_equal(simulator.run(values).outputs["out0_V"], first.outputs["out0_V"])
    assert len(starts) == 2


@pytest.mark.sim
def test_recordings_and_large_runs_are_not_stored(
    simulator: Simulator, block_sum: BlockSum, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("toolkit.sim.simulator.LARGEST", 9 * 5 * 4)
    simulator.run({"in0_V": block_sum.inputs(10)}, probes=())
    assert not list(tmp_path.glob(f"store/{KIND}/*"))
    simulator.run({"in0_V": block_sum.inputs(9)}, probes=())
    assert list(tmp_path.glob(f"store/{KIND}/*"))


@pytest.mark.sim
def test_a_failed_run_is_not_stored(block_sum: BlockSum, simulator: Simulator, tmp_path: Path) -> None:
    (tmp_path / "data" / "options.dat").write_text("1 1\n")  # it deadlocks
    for _ in range(2):
        with pytest.raises(Exception, match="deadlock"):
            simulator.run({"in0_V": block_sum.inputs(2)}, quiet_cycles=1000)


@pytest.mark.sim
def test_unless_asked_for_nothing_is_stored(block_sum: BlockSum, sim_cache: Path, starts: list[int]) -> None:
    plain = block_sum.simulator(sim_cache)
    for _ in range(2):
        plain.run({"in0_V": block_sum.inputs(2)})
    assert len(starts) == 2


def key(design: RtlDesign, simulator: str = "s", **changes: object) -> str:
    given = {
        "inputs": {"in0_V": np.zeros((2, 20, 3), np.int64)},
        "stalls": StallPattern(),
        "chunks": [Chunk(0, 0, 2)],
        "limits": Limits(1000, 0),
        "probes": (3,),
        **changes,
    }
    return run_key(simulator, design, **given)  # type: ignore[arg-type]


def test_a_mutated_source_is_another_run(block_sum: BlockSum, tmp_path: Path) -> None:
    design, options = block_sum.design(), BuildOptions()
    mutant = tmp_path / "block_sum.sv"
    mutant.write_text(design.sources[-1].read_text().replace("+", "-", 1))
    other = dataclasses.replace(design, sources=(*design.sources[:-1], mutant))
    digests = [design_digest(one, options, ("5", "12", "native")) for one in (design, other)]
    assert digests[0] != digests[1]
    assert key(design, digests[0]) != key(other, digests[1])


@pytest.mark.parametrize(
    "change",
    [
        lambda design: dataclasses.replace(design, probes={3: Stream("a", 5, False, 3, 20)}),
        lambda design: dataclasses.replace(design, outputs=(Stream("out0_V", 18, True, 1, 6),)),
        lambda design: dataclasses.replace(design, inputs=(Stream("in0_V", 5, False, 3, 20),)),
    ],
)
def test_other_streams_are_another_run(block_sum: BlockSum, change: Callable[[RtlDesign], RtlDesign]) -> None:
    design = block_sum.design()
    assert key(change(design)) != key(design) == key(block_sum.design())


def test_the_type_of_the_inputs_does_not_count_and_their_shape_does(block_sum: BlockSum) -> None:
    design = block_sum.design()
    assert key(design, inputs={"in0_V": np.zeros((2, 20, 3), np.int8)}) == key(design)
    assert key(design, inputs={"in0_V": np.zeros((3, 20, 2), np.int64)}) != key(design)


def test_other_arrivals_are_another_run(block_sum: BlockSum) -> None:
    design = block_sum.design()
    keys = {key(design, arrivals=None if one is None else np.array(one)) for one in (None, [0, 0], [0, 9])}
    assert len(keys) == 3


def test_other_code_is_another_run(block_sum: BlockSum, monkeypatch: pytest.MonkeyPatch) -> None:
    before = key(block_sum.design())
    monkeypatch.setattr("toolkit.sim.stored.code_digest", lambda module: f"other {module}")
    assert key(block_sum.design()) != before


@pytest.mark.sim
@pytest.mark.slow
def test_a_recording_is_made_every_time(block_sum: BlockSum, sim_cache: Path, tmp_path: Path) -> None:
    simulator = build(block_sum.design(), cache_dir=sim_cache, trace=Trace.VCD, stored=True)
    for name in ("a.vcd", "b.vcd"):
        simulator.run({"in0_V": block_sum.inputs(2)}, trace_file=tmp_path / name)
        assert (tmp_path / name).stat().st_size > 1000
