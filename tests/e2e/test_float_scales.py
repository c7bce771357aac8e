"""Networks with float scales: the QONNX integers are golden, and hardware equals them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import hw_models
from hw_models import QuantConfig
from hw_models.quantized import QuantEarlyExitNet, build_quantized
from hw_models.spec import Conv, Flatten, Linear, MaxPool, NetworkSpec, Relu
from tests.e2e.through_rtl import require_exact
from toolkit.compile.finnplus import finn_session
from toolkit.compile.streamline import streamline
from toolkit.core.errors import RangeExceeded
from toolkit.core.topology import head
from toolkit.export.export import export_graphs
from toolkit.export.frozen import freeze
from toolkit.verify.golden import Golden

SMALL = NetworkSpec(
    "small",
    (2, 6, 5),
    3,
    ((Conv(3, 3, padding=1), MaxPool(2), Relu(), Conv(4, 2)),),
    ((Flatten(), Linear(5), Relu(), Linear(3)),),
    (1.0,),
)


def network(spec: NetworkSpec, seed: int, *, per_channel: bool, biases: float = 4.0) -> QuantEarlyExitNet:
    torch.manual_seed(seed)
    net = build_quantized(spec, QuantConfig(4, 4, scaling="float", per_channel=per_channel)).eval()
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if name.endswith("bias"):
                parameter.mul_(biases)
    return net


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("model", ["b_lenet_se", "b_lenet_fcn"])
def test_every_segment_streamlines_to_the_exported_integers(model: str, seed: int, tmp_path: Path) -> None:
    net = network(hw_models.get(model), seed, per_channel=bool(seed))
    frozen, graphs = freeze(net), export_graphs(net, tmp_path)
    for part, graph in graphs.segments.items():
        with finn_session():
            nodes = streamline(graph)
        assert {node.op_type for node in nodes.graph.node}.isdisjoint({"Mul", "Div"})
        added = [nodes.get_initializer(node.input[1]) for node in nodes.get_nodes_by_op_type("Add")]
        wanted = [frozen[part].layers[-1].bias] if part.is_head else []
        assert [one.reshape(-1).tolist() for one in added] == [list(one) for one in wanted if one is not None]


@pytest.mark.sim
@pytest.mark.parametrize("per_channel", [False, True])
def test_exact_through_rtl(per_channel: bool, tmp_path: Path, simulators: Path) -> None:
    net = network(SMALL, 1, per_channel=per_channel)
    graphs = export_graphs(net, tmp_path / "graphs")
    images = np.random.default_rng(0).integers(0, 256, (12, *SMALL.input_shape))
    require_exact(graphs, images, tmp_path, simulators, seed=4)


def test_golden_adds_the_integer_bias(tmp_path: Path) -> None:
    """Also where float32's steps are as large as the accumulator's, so that real sums would be rounded."""
    net = network(SMALL, 2, per_channel=False)
    bias = np.array([2**23 - 1, 3 - 2**23, 4_194_305])
    classifier = net.heads[0].linear0
    layers = freeze(net)[head(0)].layers
    last, before = layers[-1], layers[-2].output
    with torch.no_grad():
        net.heads[0].linear1.bias.copy_(torch.from_numpy(bias * last.output.scale))
    assert classifier is not net.heads[0].linear1
    found = freeze(net)[head(0)].layers[-1]
    assert found.bias is not None
    assert found.weight is not None
    assert np.abs(found.bias - bias).max() <= 1  # a float32 parameter is that near
    graphs = export_graphs(net, tmp_path)
    images = np.random.default_rng(0).integers(0, 256, (9, *SMALL.input_shape))
    golden = Golden(graphs.paths[0])
    values = golden.run_layers(images)
    features = values[f"{layers[-2].operation.name}.out"]
    assert before.dtype == "UINT4"
    assert np.array_equal(values[graphs.paths[0].output.name], features @ found.weight.T + found.bias)


def test_a_bias_that_float32_cannot_tell_from_its_neighbours_is_refused() -> None:
    spec = NetworkSpec("wide", (1, 2, 2), 64, ((Conv(1, 1),),), ((Flatten(), Linear(64)),), (1.0,))
    net = network(spec, 2, per_channel=False)
    scale = freeze(net)[head(0)].layers[-1].output.scale
    with torch.no_grad():
        net.heads[0].linear0.bias.copy_(torch.linspace(8.5e6, 1.65e7, 64) * float(scale[0]))
    with pytest.raises(RangeExceeded, match=r"biases of layer head0\.linear0 .* float32 tells apart"):
        freeze(net)
