"""Small scales: biases that FINN+ would take for zero stay in the streamlined chain."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch

from hw_models import QuantConfig
from hw_models.quantized import build_quantized
from hw_models.spec import Conv, Flatten, Linear, MaxPool, NetworkSpec, Relu
from toolkit.compile.finnplus import finn_session
from toolkit.compile.streamline import streamline
from toolkit.core.topology import head
from toolkit.export.export import export_graphs
from toolkit.export.frozen import freeze

SPEC = NetworkSpec(
    "small",
    (1, 5, 5),
    3,
    ((Conv(2, 3), MaxPool(2), Relu(), Conv(3, 1)),),
    ((Flatten(), Linear(4), Relu(), Linear(3)),),
    (1.0,),
)


@pytest.mark.parametrize("octaves", [-30, -8, 12])
@pytest.mark.parametrize("scaling", ["po2", "float"])
def test_biases_of_a_few_steps_are_kept(
    octaves: int, scaling: Literal["po2", "float"], tmp_path: Path
) -> None:
    torch.manual_seed(0)
    net = build_quantized(SPEC, QuantConfig(scaling=scaling, per_channel=octaves == -8)).eval()
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if name.endswith("scaling_impl.value"):
                parameter.add_(octaves)
            elif name.endswith("weight"):
                parameter.mul_(2.0**octaves)
            elif name.endswith("bias"):
                parameter.zero_()
    grids = {
        layer.operation.name: layer.output.scale
        for frozen in freeze(net).values()
        for layer in frozen.layers
        if layer.bias is not None
    }
    with torch.no_grad():
        for name, grid in grids.items():
            part, local = name.split(".")
            chain = (net.trunks if "trunk" in part else net.heads)[0]
            bias = chain.get_submodule(local).bias
            bias.copy_(torch.tensor([3.0, -2.0, 1.0, -4.0])[: len(bias)] * torch.from_numpy(grid).float())
    for graph in export_graphs(net, tmp_path).segments.values():
        with finn_session():
            model = streamline(graph)  # refuses thresholds and biases that differ
    (added,) = model.get_nodes_by_op_type("Add")
    wanted = freeze(net)[head(0)].layers[-1].bias
    assert np.array_equal(model.get_initializer(added.input[1]).reshape(-1), wanted)
    assert list(wanted) == [3, -2, 1]
