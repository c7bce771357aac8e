"""The tiny network's RTL against golden, and proof that each check can fail.

One design is compiled with every observation on; mutations of its memory images need no new compilation.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Compiled
from toolkit.compose import Accelerator
from toolkit.compose.sizing import require_interval, size_queues
from toolkit.core.errors import NothingCompared, SimulationError, VerificationMismatch
from toolkit.sim import Simulator, StallPattern, build
from toolkit.verify.hardware import verify_streams
from toolkit.verify.streamlined import integer_weights, require_streamlined

pytestmark = pytest.mark.sim


@pytest.fixture(scope="module")
def accelerator(tiny: Compiled) -> Accelerator:
    return tiny.compose(1, tiny.folder / "exit1")


@pytest.fixture(scope="module")
def simulator(accelerator: Accelerator, simulators: Path) -> Simulator:
    return build(accelerator.design(), cache_dir=simulators, observe=True, stall_inside=True, quick=True)


@pytest.mark.parametrize("pattern", ["none", "both", "bursts", "inside"])
def test_every_stream_is_exact(
    tiny: Compiled, accelerator: Accelerator, simulator: Simulator, pattern: str
) -> None:
    graph = tiny.graphs.paths[1]
    stalls = StallPattern.named(pattern, seed=5)
    compared = verify_streams(simulator, accelerator, graph, integer_weights(graph), tiny.images, stalls)
    per_frame = sum(node.output.beats * node.output.lanes for node in accelerator.nodes)
    assert compared == per_frame * len(tiny.images)


@pytest.mark.parametrize("k", [0, 1])
def test_streamlined_chain_is_exact(tiny: Compiled, k: int) -> None:
    assert require_streamlined(tiny.graphs.paths[k], tiny.path(k), tiny.images[:4]) == 12


def test_nothing_compared_is_an_error(tiny: Compiled, accelerator: Accelerator, simulator: Simulator) -> None:
    graph = tiny.graphs.paths[1]
    with pytest.raises(NothingCompared):
        verify_streams(simulator, accelerator, graph, integer_weights(graph), tiny.images[:0])
    with pytest.raises(NothingCompared):
        require_streamlined(graph, tiny.path(1), tiny.images[:0])


def mutated(
    simulator: Simulator, accelerator: Accelerator, image: str, folder: Path, word: int, bit: int
) -> Simulator:
    """The same simulation reading a copy of the memory images, with one bit of one word flipped."""
    shutil.copytree(accelerator.path / "data", folder)
    lines = (folder / image).read_text().splitlines()
    lines[word] = f"{int(lines[word], 16) ^ (1 << bit):0{len(lines[word])}x}"
    (folder / image).write_text("\n".join(lines) + "\n")
    design = replace(simulator.design, data_dir=folder)
    return Simulator(design, simulator.options, simulator.digest, simulator.executable)


@pytest.mark.parametrize(
    ("node", "layer", "image", "word", "bit"),
    [
        ("trunk0_mvau0", "trunk0.conv0", "trunk0_mvau0_weights", 0, 0),
        ("trunk1_mvau1", "trunk1.linear0", "trunk1_mvau1_weights", 33, 0),
        ("head1_mvau0", "head1.linear0", "head1_mvau0_weights", 0, 0),
        ("trunk0_threshold0", "trunk0.relu0", "trunk0_threshold0_threshs_0_0", 0, 6),
    ],
)
def test_one_bit_of_a_weight_or_threshold_is_found_in_its_layer(
    tiny: Compiled,
    accelerator: Accelerator,
    simulator: Simulator,
    tmp_path: Path,
    node: str,
    layer: str,
    image: str,
    word: int,
    bit: int,
) -> None:
    broken = mutated(simulator, accelerator, f"{image}.dat", tmp_path / "data", word, bit)
    graph = tiny.graphs.paths[1]
    with pytest.raises(VerificationMismatch, match=rf"layer {layer} .\w+ {node}. is the first"):
        verify_streams(broken, accelerator, graph, integer_weights(graph), tiny.images)


def swap_pixels(text: str) -> str:
    """Swap the two lowest pixels of a window on their way from the queue to the product."""
    wire = re.search(r"trunk0_mvau0_s_data = \d+'\((queue_\d+_data)\);", text)
    assert wire is not None
    queue = wire[1]
    swapped = f"{{{queue}[$high({queue}):16], {queue}[7:0], {queue}[15:8]}}"
    return text.replace(wire[0], wire[0].replace(queue, swapped))


@pytest.mark.parametrize(
    ("file", "mutate", "layer"),
    [
        ("blocks/offramp_maxpool_1d.sv", lambda text: text.replace(") > (best", ") < (best"), "trunk0.pool0"),
        ("rtl/trunk0.sv", swap_pixels, "trunk0.conv0"),
    ],
    ids=["pool comparison", "swapped wires"],
)
def test_broken_rtl_is_found_in_its_layer(
    tiny: Compiled,
    simulators: Path,
    tmp_path: Path,
    file: str,
    mutate: Callable[[str], str],
    layer: str,
) -> None:
    accelerator = tiny.compose(0, tmp_path / "exit0")
    path = accelerator.path / file
    text = path.read_text()
    path.write_text(mutate(text))
    assert path.read_text() != text
    simulator = build(accelerator.design(), cache_dir=simulators, observe=True, quick=True)
    graph = tiny.graphs.paths[0]
    with pytest.raises(VerificationMismatch, match=rf"layer {layer} .* is the first that differs"):
        verify_streams(simulator, accelerator, graph, integer_weights(graph), tiny.images)


def test_queues_are_sized_and_one_too_small_is_noticed(
    tiny: Compiled, simulators: Path, tmp_path: Path
) -> None:
    draft = tiny.compose(0, tmp_path / "draft")
    frames = np.random.default_rng(0).integers(0, 256, (5, 36, 1))
    sizing = size_queues(draft, frames, simulators)
    assert sizing.smallest_interval > sizing.interval == sizing.deep_interval
    for depths, fast in ((sizing.depths, True), (draft.depths, False)):
        accelerator = tiny.compose(0, tmp_path / f"exit0-{fast}", depths=depths)
        run = build(accelerator.design(), cache_dir=simulators, quick=True).run({"in0_V": frames}, jobs=1)
        if fast:
            require_interval("exit0", run.interval, sizing.interval)
        else:
            with pytest.raises(SimulationError, match="throughput of exit0"):
                require_interval("exit0", run.interval, sizing.interval)
