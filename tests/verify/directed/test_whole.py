"""Directed frames through whole accelerators: every queue full and empty; wrong depths are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Compiled
from toolkit.compose import Accelerators, compose_chain
from toolkit.core.errors import VerificationMismatch
from toolkit.core.progress import silent
from toolkit.core.topology import stage_name
from toolkit.sim import build
from toolkit.verify import work
from toolkit.verify.directed.arithmetic import linear_layers
from toolkit.verify.directed.coverage import Coverage
from toolkit.verify.directed.network import DirectedCheck, require_same_files
from toolkit.verify.directed.whole import MOST_FRAMES, Whole, require_depths

pytestmark = pytest.mark.sim


@pytest.fixture(scope="module")
def accelerators(tiny: Compiled) -> Accelerators:
    paths = tuple(tiny.compose(k, tiny.folder / f"whole{k}") for k in (0, 1))
    stages = tuple(
        compose_chain(stage_name(k), tiny.segments.stage(k), tiny.folder / f"part{k}", branch=k == 0)
        for k in (0, 1)
    )
    return Accelerators(paths, stages)


def test_a_network_is_driven_everywhere(tiny: Compiled, accelerators: Accelerators, tmp_path: Path) -> None:
    found = DirectedCheck(tiny.graphs, accelerators, 3, silent).verify()
    assert found.covered == found.coverable > 100
    assert [design.name for design in found.designs] == ["exit0", "exit1", "stage0", "stage1"]
    for design, accelerator in zip(found.designs, (*accelerators.paths, *accelerators.stages), strict=True):
        *queues, ports = design.goals
        assert {goal.coverable for goal in queues} == {len(accelerator.depths)}
        assert ports.coverable == 1 + len(accelerator.outputs)
    found.save(tmp_path)
    assert Coverage.load(tmp_path) == found


def test_of_a_large_network_it_says_which_queues_were_not_filled(
    tiny: Compiled, accelerators: Accelerators, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "MOST_MACS", 1)
    found = DirectedCheck(tiny.graphs, accelerators, 3, silent).verify()
    assert found.covered < found.coverable
    for design in found.designs:
        full, *others = design.goals
        assert full.missing
        assert full.covered + len(full.missing) == full.coverable
        assert "take too long" in full.why
        assert not any(goal.why for goal in others)


@pytest.mark.parametrize("depth", [3, 5])
def test_a_queue_of_another_depth_is_named(
    tiny: Compiled, accelerators: Accelerators, simulators: Path, tmp_path: Path, depth: int
) -> None:
    queues = len(accelerators.paths[0].depths)
    said = tiny.compose(0, tmp_path / "exit0", depths=[4, *[2] * (queues - 1)])
    top = said.path / "rtl/exit0.sv"
    text = top.read_text()
    assert text.count(".DEPTH_1(4)") == 1
    top.write_text(text.replace(".DEPTH_1(4)", f".DEPTH_1({depth})"))
    driven = Whole(said, tiny.graphs, linear_layers(tiny.graphs), 3, MOST_FRAMES)
    simulator = build(said.design(), cache_dir=simulators, observe=True, stall_inside=True, quick=True)
    runs = [driven.run(simulator, pattern) for pattern in driven.holds()]
    assert driven.require(runs[0]) > 0  # another depth changes no value
    with pytest.raises(VerificationMismatch, match=rf"queue 0 .* expected 4 words .* found {depth}"):
        require_depths(said, runs)


def test_a_stage_of_other_files_is_refused(accelerators: Accelerators) -> None:
    image = next((accelerators.stages[1].path / "data").iterdir())
    before = image.read_text()
    image.write_text(before[:-2] + "0\n" if before[-2] != "0" else before[:-2] + "1\n")
    try:
        with pytest.raises(VerificationMismatch, match=f"{image.name} of stage1"):
            require_same_files(accelerators)
    finally:
        image.write_text(before)
    require_same_files(accelerators)
