"""The tiny network's stages: logits and feature map equal golden under any stalls, and faults are found."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Compiled
from toolkit.compose import Accelerator, compose_chain
from toolkit.compose.sizing import size_queues
from toolkit.core.errors import BadOption, NothingCompared, SimulationError, VerificationMismatch
from toolkit.core.topology import head, trunk
from toolkit.sim import PRESETS, Simulator, StallPattern, build
from toolkit.verify.stages import GoldenStage, beats, golden_stages, verify_stage

pytestmark = pytest.mark.sim


@pytest.fixture(scope="module")
def golden(tiny: Compiled) -> list[GoldenStage]:
    return golden_stages(tiny.graphs, tiny.images)


@pytest.fixture(scope="module")
def stage(tiny: Compiled) -> Accelerator:
    return compose_chain(
        "stage0", (tiny.segments[trunk(0)], tiny.segments[head(0)]), tiny.folder / "stage0", branch=True
    )


@pytest.fixture(scope="module")
def simulator(stage: Accelerator, simulators: Path) -> Simulator:
    return build(stage.design(), cache_dir=simulators, observe=True, stall_inside=True, quick=True)


@pytest.mark.parametrize("pattern", PRESETS)
@pytest.mark.parametrize("seed", [1, 2])
def test_exact_under_independent_stalls(
    stage: Accelerator, simulator: Simulator, golden: list[GoldenStage], pattern: str, seed: int
) -> None:
    compared = verify_stage(simulator, stage, golden[0], StallPattern.named(pattern, seed=seed))
    assert compared == golden[0].logits.size + golden[0].feature_map.size


def test_chained_stages_are_the_exit_path(golden: list[GoldenStage], tiny: Compiled) -> None:
    assert (golden[1].inputs == golden[0].feature_map).all()
    with pytest.raises(NothingCompared):
        golden_stages(tiny.graphs, tiny.images[:0])


def test_the_last_stage_is_a_plain_path(
    tiny: Compiled, golden: list[GoldenStage], simulators: Path, tmp_path: Path
) -> None:
    last = compose_chain("stage1", [tiny.segments[trunk(1)], tiny.segments[head(1)]], tmp_path / "stage1")
    simulator = build(last.design(), cache_dir=simulators, quick=True)
    assert verify_stage(simulator, last, golden[1]) == golden[1].logits.size


def test_a_wrong_golden_map_is_named(
    stage: Accelerator, simulator: Simulator, golden: list[GoldenStage]
) -> None:
    wrong = golden[0].feature_map.copy()
    wrong[3, 5] += 1
    with pytest.raises(
        VerificationMismatch, match=r"feature map of stage0 \(out1_V\) differs first in frame 3 at element 5"
    ):
        verify_stage(simulator, stage, replace(golden[0], feature_map=wrong))


@pytest.mark.parametrize(
    ("find", "put", "error", "message"),
    [
        ("m1_data = held", "m1_data = ~held", VerificationMismatch, "feature map of stage0"),
        ("m0_data = held", "m0_data = ~held", VerificationMismatch, "logits of stage0"),
        (
            "m1_valid <= s_valid",
            "m1_valid <= 1'b0",
            SimulationError,
            "the feature map's fork behind layer trunk0.pool0 is the first .* in frame 0",
        ),
    ],
    ids=["map inverted", "head fed with inverted bits", "map never sent"],
)
def test_a_broken_fork_is_found(
    stage: Accelerator,
    simulators: Path,
    golden: list[GoldenStage],
    tmp_path: Path,
    find: str,
    put: str,
    error: type[Exception],
    message: str,
) -> None:
    shutil.copytree(stage.path, tmp_path / "stage0")
    fork = tmp_path / "stage0" / "blocks" / "offramp_fork.sv"
    text = fork.read_text()
    assert text.count(find) == 1
    fork.write_text(text.replace(find, put))
    broken = Accelerator.load(tmp_path / "stage0")
    simulator = build(broken.design(), cache_dir=simulators, quick=True)
    with pytest.raises(error, match=message):
        verify_stage(simulator, broken, golden[0])


def test_queues_of_a_stage_are_sized(
    stage: Accelerator, golden: list[GoldenStage], simulators: Path, tiny: Compiled, tmp_path: Path
) -> None:
    frames = next(iter(beats(stage.design(), golden[0].inputs[:5]).values()))
    sizing = size_queues(stage, frames, simulators)
    assert len(sizing.depths) == len(stage.depths) == len(stage.nodes)
    segments = tiny.segments[trunk(0)], tiny.segments[head(0)]
    assert (
        compose_chain("sized", segments, tmp_path / "sized", sizing.depths, branch=True).depths
        == sizing.depths
    )
    with pytest.raises(BadOption, match=f"queue depths of short; expected {len(stage.nodes)}"):
        compose_chain("short", segments, tmp_path / "short", sizing.depths[:-1], branch=True)
