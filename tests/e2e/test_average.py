"""Average pools, global and with windows that overlap: PyTorch, golden and RTL give the same integers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from hw_models import AvgPool, BatchNorm, Conv, Flatten, Linear, MaxPool, NetworkSpec, QuantConfig, Relu
from hw_models.floating import build_float
from hw_models.lowering import lower, mean_factors
from hw_models.network import PIXEL_SCALE
from hw_models.quantized import build_quantized
from hw_models.residual import Residual
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


ODD = NetworkSpec(
    "odd",
    (2, 6, 7),
    3,
    ((AvgPool(3, 2), Conv(6, 1), BatchNorm(), Relu(), AvgPool((1, 3)), MaxPool((2, 1))),),
    ((Flatten(), Linear(3)),),
    (1.0,),
)


def test_weights_make_up_for_the_division_by_a_power_of_two() -> None:
    assert mean_factors(ODD) == {"trunk0.conv0": 16 / 9, "head0.linear0": 4 / 3}
    torch.manual_seed(0)
    twin, net = build_float(ODD).eval(), build_quantized(ODD, QuantConfig(8, 8)).eval()
    x = torch.from_numpy(images(40)).float() * PIXEL_SCALE
    net.load_float(twin.state_dict())
    net.calibrate(x)
    (found,), (wanted,) = net(x), twin(x)
    assert (found - wanted).abs().max() < 0.02 * wanted.abs().max()
    torch.testing.assert_close(net.unquantised(), dict(twin.state_dict()))


def test_the_branches_of_a_residual_have_one_divisor() -> None:
    main = (Conv(2, 1), AvgPool((1, 7)))
    odd = NetworkSpec("odd", (2, 6, 7), 3, ((Residual(main, (Conv(2, (1, 7)),)),),), ODD.heads, (1.0,))
    with pytest.raises(BadOption, match=r"residual before trunk0p1 of network 'odd'.*found 8/7 and 1"):
        build_float(odd)


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
