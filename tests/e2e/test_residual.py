"""Residual blocks through RTL: exact under stalls, no deadlock with sized queues, a named one without."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from hw_models import QuantConfig
from hw_models.quantized import build_quantized
from hw_models.residual import Residual
from hw_models.spec import Conv, Flatten, Linear, MaxPool, NetworkSpec, Relu
from tests.e2e.through_rtl import compiled
from toolkit.compile import Segments
from toolkit.compose import Accelerator, Accelerators, compose_chain, compose_network
from toolkit.compose.collection import compose_sized
from toolkit.core.errors import SimulationError
from toolkit.core.progress import silent
from toolkit.core.topology import path_name
from toolkit.export import ExitGraphs
from toolkit.export.export import export_graphs
from toolkit.sim import PRESETS, Simulator, StallPattern, build
from toolkit.verify.directed.network import DirectedCheck
from toolkit.verify.golden import Golden
from toolkit.verify.hardware import verify_streams
from toolkit.verify.pytorch import torch_logits
from toolkit.verify.stages import GoldenStage, golden_stages, rows, verify_stage
from toolkit.verify.streamlined import integer_weights, require_streamlined
from toolkit.verify.structure import require_structure

pytestmark = pytest.mark.sim

ONE_EXIT = NetworkSpec(
    "one_exit",
    (2, 6, 6),
    3,
    (
        (  # forks the image; two blocks with nothing but a ReLU between them; ends without one
            *(Residual((Conv(3, 3, 1, 2), Relu(), Conv(3, 3, 1)), (Conv(3, 1, stride=2),)), Relu()),
            Residual((Conv(3, 3, 1), Relu(), Conv(3, 3, 1))),
        ),
    ),
    ((Flatten(), Linear(3)),),
    (1.0,),
)
TWO_EXITS = NetworkSpec(
    "two_exits",
    (2, 6, 6),
    3,
    (
        (Conv(2, 3, padding=1), Relu(), Residual((Conv(2, 3, 1),)), Relu()),
        (
            Residual((Conv(3, 2), MaxPool(2, 1, padding=1), Relu()), (Conv(3, 1),)),
            Residual((Conv(3, 3, 1),), (MaxPool(1),)),
        ),
    ),
    ((Residual((Conv(2, 3, 1),)), Flatten(), Linear(3)), (Flatten(), Linear(3))),
    (1.0, 0.5),
)


@dataclass(frozen=True)
class Made:
    """A network, exported and compiled; images are int64 (N, C, H, W), logits PyTorch's."""

    graphs: ExitGraphs
    segments: Segments
    images: np.ndarray
    logits: list[np.ndarray]
    folder: Path

    def golden(self, k: int) -> GoldenStage:
        """Of an exit path."""
        return GoldenStage(rows(self.images), self.logits[k], self.images[:, :0])


def make(spec: NetworkSpec, quant: QuantConfig, folder: Path) -> Made:
    torch.manual_seed(1)
    net = build_quantized(spec, quant).eval()
    graphs = export_graphs(net, folder / "graphs")
    segments = compiled(list(graphs.segments.values()), 200, folder / "segments")
    images = np.random.default_rng(0).integers(0, 256, (12, *spec.input_shape))
    logits = torch_logits(net, [graph.output.scale for graph in graphs.paths], images)
    return Made(graphs, segments, images, logits, folder)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(ONE_EXIT, QuantConfig(), tmp_path_factory.mktemp("residual"))


@pytest.fixture(scope="module")
def path(made: Made) -> Accelerator:
    return compose_sized(path_name(0), made.segments.path(0), made.folder)


@pytest.fixture(scope="module")
def simulator(path: Accelerator, simulators: Path) -> Simulator:
    return build(path.design(), cache_dir=simulators, observe=True, stall_inside=True, quick=True)


def require_golden(made: Made) -> None:
    """PyTorch, the graph of each exit path, its pieces one after the other and streamlined are one."""
    stages = golden_stages(made.graphs, made.images)
    for k, (graph, stage, logits) in enumerate(zip(made.graphs.paths, stages, made.logits, strict=True)):
        golden = Golden(graph).run(made.images)
        assert (golden == logits).all()
        assert (golden == stage.logits).all()
        assert require_streamlined(graph, made.segments.path(k), made.images[:3]) == 9


def test_pytorch_is_golden_and_so_are_the_pieces_in_a_row(made: Made) -> None:
    require_golden(made)


def test_every_stream_is_exact(made: Made, path: Accelerator, simulator: Simulator) -> None:
    assert [path.nodes[join.add].layer for join in path.joins] == ["trunk0p0m.add", "trunk0p2m.add"]
    graph = made.graphs.paths[0]
    for pattern in ("none", "inside"):
        stalls = StallPattern.named(pattern, seed=2)
        assert verify_streams(simulator, path, graph, integer_weights(graph), made.images, stalls) > 0


@pytest.mark.parametrize("pattern", PRESETS)
def test_sized_queues_never_deadlock(
    made: Made, path: Accelerator, simulator: Simulator, pattern: str
) -> None:
    for seed in (1, 2, 3):
        assert verify_stage(simulator, path, made.golden(0), StallPattern.named(pattern, seed)) == 36


def test_a_shortcut_too_short_is_a_deadlock_with_a_name(made: Made, simulators: Path) -> None:
    shallow = compose_chain("exit0", made.segments.path(0), made.folder / "shallow")
    simulator = build(shallow.design(), cache_dir=simulators, observe=True, stall_inside=True, quick=True)
    words = r"residual block trunk0p2m.add .*a deadlock, the queues of its shortcut are full"
    with pytest.raises(SimulationError, match=words):
        verify_stage(simulator, shallow, made.golden(0))


def test_directed_frames_drive_adders_and_forks(made: Made, path: Accelerator) -> None:
    assert require_structure(made.graphs, [path]).total > 0
    coverage = DirectedCheck(made.graphs, Accelerators((path,), ()), 0, silent).verify()
    (design,) = coverage.designs
    assert sum(layer.kind == "add" for layer in design.layers) == 2
    for goal in (*design.goals, *(goal for layer in design.layers for goal in layer.goals)):
        assert goal.covered == goal.coverable > 0, goal


def test_what_is_saved_is_read_back(path: Accelerator) -> None:
    assert Accelerator.load(path.path) == path
    assert len(path.queues) == len(path.fillers) == len(path.depths)


@pytest.mark.slow
@pytest.mark.parametrize("quant", [QuantConfig(3, 5), QuantConfig(act_bits=8, per_channel=True)])
def test_blocks_in_stages_and_heads(quant: QuantConfig, tmp_path: Path, simulators: Path) -> None:
    """Blocks behind the fork of a feature map, in front of it, in a head, and right behind each other."""
    made = make(TWO_EXITS, quant, tmp_path)
    require_golden(made)
    accelerators = compose_network(made.segments, tmp_path / "accelerators")
    paths = [made.golden(k) for k in (0, 1)]
    stages = golden_stages(made.graphs, made.images)
    for found, wanted in ((accelerators.paths, paths), (accelerators.stages, stages)):
        for accelerator, golden in zip(found, wanted, strict=True):
            options = {"observe": True, "stall_inside": True, "quick": True}
            simulator = build(accelerator.design(), cache_dir=simulators, **options)
            for pattern in PRESETS:
                stalls = StallPattern.named(pattern, seed=5)
                assert verify_stage(simulator, accelerator, golden, stalls) > 0
    assert require_structure(made.graphs, [*accelerators.paths, *accelerators.stages]).total > 0
    coverage = DirectedCheck(made.graphs, accelerators, 0, silent).verify()
    assert coverage.covered == coverage.coverable
