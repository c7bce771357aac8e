"""The tiny network's RTL against golden, and proof that each check can fail.

One design is compiled with every observation on; mutations of its memory images need no new compilation.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Compiled
from toolkit.compose import Accelerator
from toolkit.errors import NothingCompared, VerificationMismatch
from toolkit.sim import Simulator, StallPattern, build
from toolkit.verify.hardware import verify_streams
from toolkit.verify.links import integer_weights, require_streamlined

pytestmark = pytest.mark.sim


@pytest.fixture(scope="module")
def accelerator(tiny: Compiled) -> Accelerator:
    return tiny.compose(1, tiny.folder / "exit1")


@pytest.fixture(scope="module")
def simulator(accelerator: Accelerator, simulators: Path) -> Simulator:
    return build(accelerator.design(), cache_dir=simulators, observe=True, stall_inside=True)


@pytest.mark.parametrize("pattern", ["none", "both", "bursts", "inside"])
def test_every_stream_is_exact(
    tiny: Compiled, accelerator: Accelerator, simulator: Simulator, pattern: str
) -> None:
    graph = tiny.graphs.paths["exit1"]
    stalls = StallPattern.named(pattern, seed=5)
    check = verify_streams(simulator, accelerator, graph, integer_weights(graph), tiny.images, stalls)
    per_frame = sum(node.output.beats * node.output.lanes for node in accelerator.nodes)
    assert check.compared == per_frame * len(tiny.images)
    assert check.streams == len(accelerator.nodes)


@pytest.mark.parametrize("k", [0, 1])
def test_streamlined_chain_is_exact(tiny: Compiled, k: int) -> None:
    assert require_streamlined(tiny.graphs.paths[f"exit{k}"], tiny.path(k), tiny.images[:4]) == 12


def test_nothing_compared_is_an_error(tiny: Compiled, accelerator: Accelerator, simulator: Simulator) -> None:
    graph = tiny.graphs.paths["exit1"]
    with pytest.raises(NothingCompared):
        verify_streams(simulator, accelerator, graph, integer_weights(graph), tiny.images[:0])
    with pytest.raises(NothingCompared):
        require_streamlined(graph, tiny.path(1), tiny.images[:0])


def mutated(
    simulator: Simulator, accelerator: Accelerator, image: str, folder: Path, change: int
) -> Simulator:
    """The same simulation reading a copy of the memory images, one bit of the first word of one flipped."""
    shutil.copytree(accelerator.path / "data", folder)
    lines = (folder / image).read_text().split("\n")
    lines[0] = f"{int(lines[0], 16) ^ change:0{len(lines[0])}x}"
    (folder / image).write_text("\n".join(lines))
    design = replace(simulator.design, data_dir=folder)
    return Simulator(design, simulator.options, simulator.digest, simulator.executable)


@pytest.mark.parametrize("node", ["trunk0_mvau0", "trunk1_mvau1", "head1_mvau0"])
def test_one_bit_of_one_weight_is_found_in_its_layer(
    tiny: Compiled, accelerator: Accelerator, simulator: Simulator, tmp_path: Path, node: str
) -> None:
    layer = next(n.layer for n in accelerator.nodes if n.name == node)
    broken = mutated(simulator, accelerator, f"{node}_weights.dat", tmp_path / "data", 1)
    graph = tiny.graphs.paths["exit1"]
    with pytest.raises(
        VerificationMismatch, match=rf"layer {layer} \(mvau {node}\) is the first that differs"
    ):
        verify_streams(broken, accelerator, graph, integer_weights(graph), tiny.images)


def test_one_threshold_is_found_in_its_layer(
    tiny: Compiled, accelerator: Accelerator, simulator: Simulator, tmp_path: Path
) -> None:
    images = sorted(p.name for p in (accelerator.path / "data").glob("trunk0_threshold0_*.dat"))
    broken = mutated(simulator, accelerator, images[0], tmp_path / "data", 64)
    graph = tiny.graphs.paths["exit1"]
    with pytest.raises(
        VerificationMismatch, match=r"layer trunk0.relu0 .threshold trunk0_threshold0. is the first"
    ):
        verify_streams(broken, accelerator, graph, integer_weights(graph), tiny.images)


@pytest.mark.parametrize(
    ("file", "old", "new", "layer"),
    [
        ("blocks/offramp_maxpool.sv", ">", "<", "trunk0.pool0"),
        ("rtl/trunk0.sv", "assign trunk0_mvau0_s_data = 72'(queue_2_data);", "", "trunk0.conv0"),
    ],
)
def test_a_pool_comparison_and_swapped_wires_are_found(
    tiny: Compiled, simulators: Path, tmp_path: Path, file: str, old: str, new: str, layer: str
) -> None:
    accelerator = tiny.compose(0, tmp_path / "exit0")
    path = accelerator.path / file
    text = path.read_text()
    if not new:  # swap two elements of the window on their way to the product
        new = (
            "assign trunk0_mvau0_s_data = 72'({queue_2_data[71:16], queue_2_data[7:0], queue_2_data[15:8]});"
        )
    assert old in text
    path.write_text(text.replace(old, new))
    simulator = build(accelerator.design(), cache_dir=simulators, observe=True)
    graph = tiny.graphs.paths["exit0"]
    with pytest.raises(VerificationMismatch, match=rf"layer {layer} .* is the first that differs"):
        verify_streams(simulator, accelerator, graph, integer_weights(graph), tiny.images)
