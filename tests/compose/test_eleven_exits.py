"""A network of eleven exits: trunk 10 is not taken for trunk 0 or 1 anywhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

import hw_models
from hw_models import Linear, NetworkSpec, QuantConfig
from hw_models.lowering import lower
from hw_models.quantized import build_quantized
from hw_models.spec import Flatten
from tests.report import fake_run
from toolkit.boards import board
from toolkit.compile import Segment, Segments
from toolkit.compile.folding.candidates import Candidate, Unit
from toolkit.compile.folding.chip import fold_chip
from toolkit.compose import Accelerators
from toolkit.core.topology import Topology, head, path_name, stage_name, trunk
from toolkit.explore.budgets import sweep
from toolkit.export import ExitGraphs
from toolkit.export.export import export_graphs
from toolkit.families.resources import Resources
from toolkit.verify.golden import Golden
from toolkit.verify.stages import golden_stages

EXITS = 11
ELEVEN = NetworkSpec(
    name="eleven",
    input_shape=(1, 2, 2),
    outputs=2,
    trunks=((Flatten(), Linear(4)), *(((Linear(4),),) * (EXITS - 1))),
    heads=((Linear(2),),) * EXITS,
    exit_weights=(1.0,) * EXITS,
)
PARTS = Topology(EXITS).parts


@pytest.fixture(scope="module")
def graphs(tmp_path_factory: pytest.TempPathFactory) -> ExitGraphs:
    torch.manual_seed(3)
    folder = tmp_path_factory.mktemp("eleven")
    export_graphs(build_quantized(ELEVEN, QuantConfig()), folder)
    return ExitGraphs.load(folder)


def test_description_and_counts_are_in_order() -> None:
    assert [part for part, _ in ELEVEN.segments()] == list(PARTS) == list(lower(ELEVEN))
    assert lower(ELEVEN)[trunk(10)][0].name == "trunk10.linear0"
    assert hw_models.macs_of_path(ELEVEN)[10] == 16 + 10 * 16 + 8
    assert hw_models.macs_to_exit(ELEVEN)[10] == 16 + 10 * 16 + 11 * 8


def test_every_graph_reads_what_the_one_before_it_writes(graphs: ExitGraphs) -> None:
    assert list(graphs.segments) == list(PARTS)
    assert graphs.segments[trunk(10)].input.name == graphs.segments[head(9)].input.name == "feature9"
    assert graphs.segments[trunk(1)].input.name == "feature0"
    assert [graph.name for graph in graphs.paths] == [path_name(k) for k in range(EXITS)]
    layers = [layer.name.split(".")[0] for layer in graphs.paths[10].layers if layer.kind == "weight"]
    assert layers == [part.name for part in graphs.topology.static]


def test_stages_are_golden(graphs: ExitGraphs) -> None:
    images = np.random.default_rng(0).integers(0, 256, (9, 1, 2, 2))
    stages = golden_stages(graphs, images)
    for graph, stage in zip(graphs.paths, stages, strict=True):
        assert np.array_equal(Golden(graph).run(images), stage.logits)


def test_nodes_are_named_after_their_layers(graphs: ExitGraphs) -> None:
    names = {node.name for node in onnx.load(graphs.segments[trunk(10)].file).graph.node}
    assert {"trunk10.linear0", "trunk10.quant0"} <= names


def test_only_the_first_stage_is_folded_for_all_frames() -> None:
    unit = Unit(
        "product", tuple(Candidate(((("PE", n),),), 64 // n, n, Resources(lut=n)) for n in (1, 2, 4, 8, 16))
    )
    found = fold_chip(
        {part: [unit] for part in PARTS}, board("ulx3s-85f"), Resources(), luts=80_000, cycles=None
    )
    lanes = {part: dict(folding[0])["PE"] for part, folding in found.foldings.items()}
    assert lanes == {part: 16 if part.k == 0 else 2 for part in PARTS}


def test_the_comparison_weighs_every_stage_by_its_own_share() -> None:
    reach = tuple(1 - k / 20 for k in range(EXITS))
    units = {
        part: [Unit("product", (Candidate(((("PE", 1),),), 100, 1, Resources(dsp=1)),))] for part in PARTS
    }
    slow = Unit("product", (Candidate(((("PE", 1),),), 1000, 1, Resources(dsp=1)),))
    found = sweep({**units, trunk(10): [slow]}, reach, Resources(99, 99, 99), [50])
    assert found.floor == 1000 * reach[10]
    assert found.pairs[0].baseline.resources.dsp == len(Topology(EXITS).static)


def test_segments_and_accelerators_come_back_in_order(tmp_path: Path) -> None:
    for part in PARTS:
        (tmp_path / part.name).mkdir()
        Segment(
            name=part.name,
            path=tmp_path / part.name,
            nodes=(fake_run.TRUNK0,),
            input_scale=1.0,
            output_scale=1.0,
            graph_digest="",
            sources=(),
            data=(),
            digest=part.name,
        ).save(tmp_path / part.name)
    segments = Segments.load(tmp_path)
    assert list(segments) == list(PARTS)
    assert [one.name for one in segments.path(10)] == [part.name for part in Topology(EXITS).static]
    assert [one.name for one in segments.stage(10)] == ["trunk10", "head10"]
    for k in range(EXITS):
        fake_run.accelerator(tmp_path / path_name(k), path_name(k), fake_run.TRUNK0)
        fake_run.accelerator(tmp_path / stage_name(k), stage_name(k), fake_run.TRUNK0)
    made = Accelerators.load(tmp_path)
    assert [one.name for one in made.paths] == [path_name(k) for k in range(EXITS)]
    assert [one.name for one in made.stages] == [stage_name(k) for k in range(EXITS)]
    assert len(made.sizings) == EXITS
