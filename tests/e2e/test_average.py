"""Average pools, global and with windows that overlap: PyTorch, golden and RTL give the same integers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from hw_models import AvgPool, Conv, Flatten, Linear, NetworkSpec, QuantConfig, Relu
from hw_models.floating import build_float
from hw_models.lowering import lower
from hw_models.network import PIXEL_SCALE
from hw_models.quantized import build_quantized
from tests.e2e.through_rtl import require_exact
from toolkit.core.errors import BadOption
from toolkit.core.topology import trunk
from toolkit.export.export import export_graphs
from toolkit.verify.golden import Golden

NET = NetworkSpec(
    "averaged",
    (2, 6, 7),
    3,
    ((AvgPool((1, 2)), Conv(4, 2), AvgPool((2, 1), (1, 1)), Relu()),),
    ((AvgPool((4, 2)), Flatten(), Linear(3)),),
    (1.0,),
)


def images(n: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, *NET.input_shape))


def test_an_average_has_no_parameters_and_the_sign_of_what_it_averages() -> None:
    kinds = [(one.kind, one.signed) for part in lower(NET).values() for one in part]
    assert kinds == [
        *(
            ("weight", False),
            ("act", False),
            ("weight", False),
            ("act", True),
            ("weight", False),
            ("act", False),
        ),
        *(("weight", False), ("act", False), ("flatten", False), ("weight", False)),
    ]
    net = build_float(NET)
    assert not [name for name in net.state_dict() if "mean" in name]
    x = torch.rand(3, 2, 6, 7)
    found = net.trunks[0].mean0.layer(x)
    torch.testing.assert_close(found, functional.avg_pool2d(x, (1, 2)))
    assert AvgPool((25, 5)).exponent == 7
    with pytest.raises(BadOption, match=r"trunk0\.mean0: mean has a window larger"):
        NetworkSpec("net", (1, 4, 4), 3, ((AvgPool(5),),), ((Flatten(), Linear(3)),), (1.0,))


@pytest.mark.sim
def test_exact_through_rtl(tmp_path: Path, simulators: Path) -> None:
    torch.manual_seed(2)
    net = build_quantized(NET, QuantConfig(4, 4)).eval()
    x = torch.from_numpy(images(20)).float() * PIXEL_SCALE
    net.calibrate(x)
    graphs = export_graphs(net, tmp_path)
    golden = Golden(graphs.paths[0]).run(images(20))
    (logits,) = net(x)
    assert graphs.paths[0].exact
    assert np.array_equal(logits.detach().double().numpy() / graphs.paths[0].output.scale, golden)
    assert np.ptp(golden) > 3
    assert graphs.segments[trunk(0)].output.dtype == "UINT4"
    accelerator = require_exact(graphs, images(6), tmp_path, simulators, cycles=150)
    averages = [node.layer for node in accelerator.nodes if node.kind == "depthwise"]
    assert averages == ["trunk0.mean0", "trunk0.mean1", "head0.mean0"]
