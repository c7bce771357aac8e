"""Random networks as plain modules of PyTorch: what is traced is what they were built from."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from torch import Tensor, nn

from hw_models import BatchNorm, Conv, Linear, MaxPool, NetworkSpec
from hw_models.description import describe_network
from hw_models.own import Images
from hw_models.own.code import UserCode
from hw_models.own.graph import trace
from hw_models.own.network import describe
from hw_models.spec import NamedLayer, pair
from tests.export.networks import specs


def module(named: NamedLayer) -> nn.Module:
    layer, inputs = named.layer, named.input_shape[0]
    if isinstance(layer, Conv):
        sizes = (pair(layer.kernel), pair(layer.stride), pair(layer.padding))
        return nn.Conv2d(inputs, layer.out_channels, *sizes, bias=layer.bias)
    if isinstance(layer, Linear):
        return nn.Linear(inputs, layer.out_features, layer.bias)
    if isinstance(layer, BatchNorm):
        kind = nn.BatchNorm2d if len(named.input_shape) == 3 else nn.BatchNorm1d
        return kind(inputs, layer.eps, layer.momentum, layer.affine)
    if isinstance(layer, MaxPool):
        return nn.MaxPool2d(pair(layer.kernel), layer.step, pair(layer.padding), ceil_mode=layer.ceil)
    return {"relu": nn.ReLU, "flatten": nn.Flatten}[layer.kind]()


class Plain(nn.Module):
    """The network of a description."""

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__()
        parts = {part: nn.Sequential(*map(module, layers)) for part, layers in spec.segments()}
        self.trunks = nn.ModuleList(chain for part, chain in parts.items() if not part.is_head)
        self.heads = nn.ModuleList(chain for part, chain in parts.items() if part.is_head)
        self.exit_weights = spec.exit_weights

    def forward(self, x: Tensor) -> list[Tensor]:
        found = []
        for trunk, head in zip(self.trunks, self.heads, strict=True):
            x = trunk(x)
            found.append(head(x))
        return found


@settings(deadline=None, max_examples=40)
@given(specs())
def test_what_is_traced_is_what_was_built(spec: NetworkSpec) -> None:
    images, code = Images("noise", spec.input_shape, spec.outputs), UserCode(Path("my_net.py"))
    own = describe(trace(Plain(spec), spec.name, images, code), images, code)
    assert describe_network(own.network) == describe_network(spec)
    assert all(path.startswith(("trunks.", "heads.")) for path in own.modules.values())
