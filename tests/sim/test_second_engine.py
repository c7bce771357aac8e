"""Yosys' CXXRTL, with its own front end and test bench, gives the logits and cycles that Verilator gives."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Compiled
from toolkit.compose import Accelerator, compose_chain
from toolkit.core.errors import SimulationError
from toolkit.core.topology import head, trunk
from toolkit.sim import StallPattern, build
from toolkit.sim.second import run_second
from toolkit.verify.golden import Golden
from toolkit.verify.hardware import input_beats

pytestmark = pytest.mark.sim
FRAMES = 4


def require_same(
    accelerator: Accelerator, beats: np.ndarray, pattern: str, cache: Path
) -> dict[str, np.ndarray]:
    """Run both engines, compare values and cycles of every stream, and return the second's outputs."""
    stalls, design = StallPattern.named(pattern, seed=7), accelerator.design()
    second = run_second(design, {"in0_V": beats}, stalls, cache)
    first = build(design, cache_dir=cache, quick=True).run({"in0_V": beats}, stalls=stalls, jobs=1)
    for name, stamps in first.stamps.items():
        assert np.array_equal(second.first[name], stamps.first)
        assert np.array_equal(second.last[name], stamps.last)
    for name, values in first.outputs.items():
        assert np.array_equal(second.outputs[name], values)
    return second.outputs


@pytest.mark.parametrize("pattern", ["none", "both", "bursts"])
def test_path_and_stage_in_both_engines(
    tiny: Compiled, simulators: Path, tmp_path: Path, pattern: str
) -> None:
    images, graph = tiny.images[:FRAMES], tiny.graphs.paths[1]
    path = tiny.compose(1, tmp_path / "exit1")
    found = require_same(path, input_beats(path, images), pattern, simulators)
    assert np.array_equal(found["out0_V"].reshape(FRAMES, -1), Golden(graph).run(images))
    stage = compose_chain(
        "stage0", [tiny.segments[trunk(0)], tiny.segments[head(0)]], tmp_path / "stage0", branch=True
    )
    found = require_same(stage, input_beats(stage, images), pattern, simulators)
    assert np.array_equal(found["out0_V"].reshape(FRAMES, -1), Golden(tiny.graphs.paths[0]).run(images))
    assert found["out1_V"].any()


def mutated(path: Accelerator, out: Path, file: str, find: str, put: str) -> Accelerator:
    shutil.copytree(path.path, out)
    text = (out / file).read_text()
    changed = re.sub(find, put, text, count=1)
    assert changed != text
    (out / file).write_text(changed)
    return Accelerator.load(out)


@pytest.mark.parametrize(
    ("file", "find", "put"),
    [
        ("blocks/offramp_maxpool_1d.sv", r"\) > \(best", ") < (best"),
        ("data/head0_mvau0_weights.dat", r"^(\w*)\w\n", r"\g<1>8\n"),
    ],
    ids=["comparison", "weight"],
)
def test_a_wrong_value_is_seen(
    tiny: Compiled, simulators: Path, tmp_path: Path, file: str, find: str, put: str
) -> None:
    path = mutated(tiny.compose(0, tmp_path / "exit0"), tmp_path / "broken", file, find, put)
    images = tiny.images[:FRAMES]
    found = run_second(path.design(), {"in0_V": input_beats(path, images)}, None, simulators)
    assert not np.array_equal(
        found.outputs["out0_V"].reshape(FRAMES, -1), Golden(tiny.graphs.paths[0]).run(images)
    )


def test_a_lost_beat_and_padding_are_seen(tiny: Compiled, simulators: Path, tmp_path: Path) -> None:
    path, images = tiny.compose(0, tmp_path / "exit0"), tiny.images[:FRAMES]
    last = rf"out0_V_tvalid = ({path.nodes[-1].name}_m_valid)"
    lost = mutated(path, tmp_path / "lost", "rtl/head0.sv", last, r"out0_V_tvalid = \1 && out0_V_tdata[0]")
    with pytest.raises(SimulationError, match="beats of out0_V in the second simulation of exit0"):
        run_second(lost.design(), {"in0_V": input_beats(path, images)}, None, simulators)
    data = rf"out0_V_tdata = [^;]*{path.nodes[-1].name}_m_data[^;]*;"
    padded = mutated(path, tmp_path / "padded", "rtl/head0.sv", data, r"out0_V_tdata = '1;")
    with pytest.raises(SimulationError, match="padding of stream out0_V in frame 0, beat 0"):
        run_second(padded.design(), {"in0_V": input_beats(path, images)}, None, simulators)


@pytest.mark.slow
@pytest.mark.parametrize("pattern", ["none", "both", "bursts"])
def test_the_shipped_network(simulators: Path, tmp_path: Path, pattern: str) -> None:
    """Exit 0 of B_Lenet_se at its default folding, on real images."""
    from hw_models import QuantConfig
    from toolkit import data
    from toolkit.compile import compile_segments
    from toolkit.export.export import export_graphs
    from toolkit.train.checkpoint import shipped

    checkpoint = shipped("b_lenet_se", "digits", QuantConfig())
    assert checkpoint is not None
    graphs = export_graphs(checkpoint.build(), tmp_path / "graphs")
    images = data.load("digits").test.images[:FRAMES].astype(np.int64)
    parts = [graphs.segments[trunk(0)], graphs.segments[head(0)]]
    segments = compile_segments(parts, 25_600, tmp_path / "segments", cache_dir=simulators)
    path = compose_chain("exit0", list(segments.values()), tmp_path / "exit0")
    found = require_same(path, input_beats(path, images), pattern, simulators)
    assert np.array_equal(found["out0_V"].reshape(FRAMES, -1), Golden(graphs.paths[0]).run(images))
