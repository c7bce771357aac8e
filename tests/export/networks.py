"""Networks and images that the tests of export and golden execution share."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import reject
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from torch import nn

import hw_models
from hw_models import BatchNorm, Conv, Flatten, Linear, MaxPool, NetworkSpec, QuantConfig, Relu
from hw_models.network import PIXEL_SCALE
from hw_models.quantized import FoldedNorm, QuantEarlyExitNet, build_quantized
from toolkit.core.errors import BadOption

BITS = st.integers(2, 8)


def digit_images(n: int) -> np.ndarray:
    """Strokes on black with a little noise, uint8 [n, 1, 28, 28]; the first is black, the second white."""
    small = load_digits().images[:n]
    large = np.kron(small, np.ones((1, 3, 3)))
    noise = np.random.default_rng(n).integers(0, 32, (n, 28, 28))
    images = np.clip(np.pad(large, ((0, 0), (2, 2), (2, 2))) * 16 + noise, 0, 255).astype(np.uint8)
    images[0], images[1] = 0, 255
    return images[:, None]


def noise_images(n: int, shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """uint8 [n, *shape]."""
    return np.random.default_rng(seed).integers(0, 256, (n, *shape), dtype=np.uint8)


def disturbed(net: nn.Module, seed: int = 0) -> None:
    """Give batch normalisations statistics, and factors of both signs, as training would."""
    noise = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for module in net.modules():
            if isinstance(module, FoldedNorm):
                module.fresh = False
                assert module.running_mean is not None
                assert module.running_var is not None
                module.running_mean.normal_(0, 0.3, generator=noise)
                module.running_var.uniform_(0.05, 2.0, generator=noise)
                for parameter in module.parameters():
                    parameter.normal_(0, 1, generator=noise)


def network(spec: NetworkSpec | str, quant: QuantConfig, seed: int = 0) -> QuantEarlyExitNet:
    """An untrained network whose biases are large enough to matter, calibrated on what it will see."""
    spec = hw_models.get(spec) if isinstance(spec, str) else spec
    torch.manual_seed(seed)
    net = build_quantized(spec, quant).eval()
    disturbed(net, seed)
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if name.endswith("bias"):
                parameter.mul_(4)
    x = digit_images(20) if spec.input_shape == (1, 28, 28) else noise_images(20, spec.input_shape)
    net.calibrate(torch.from_numpy(x).float() * PIXEL_SCALE)
    return net


_pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
_convs = st.builds(
    Conv,
    out_channels=st.integers(1, 4),
    kernel=_pairs,
    padding=st.tuples(st.integers(0, 2), st.integers(0, 2)),
    stride=_pairs,
    bias=st.booleans(),
)
_norms = st.lists(st.builds(BatchNorm, affine=st.booleans()), max_size=1)


@st.composite
def specs(draw: st.DrawFn) -> NetworkSpec:
    """Small networks of two exits: any windows, with and without ReLU, pool, bias and hidden linear layer."""

    def block() -> list[hw_models.spec.Layer]:
        layers: list[hw_models.spec.Layer] = [draw(_convs), *draw(_norms)]
        if draw(st.booleans()):
            layers.append(pool())
        if draw(st.booleans()):
            layers.append(Relu())
        return layers

    def pool() -> MaxPool:
        stride = draw(st.sampled_from([None, (1, 1)]))
        return MaxPool((1, 2), stride, (0, draw(st.integers(0, 1))), ceil=draw(st.booleans()))

    def first() -> list[hw_models.spec.Layer]:
        return draw(st.sampled_from([[], [Relu()], [pool()], [pool(), Relu()]]))

    trunk1 = [*first(), *block()]
    linear = draw(st.booleans())
    if linear:
        trunk1 += [Flatten(), Linear(draw(st.integers(2, 9))), *draw(_norms)]
    try:
        return NetworkSpec(
            name="random",
            input_shape=(draw(st.integers(1, 2)), draw(st.integers(12, 14)), draw(st.integers(18, 20))),
            outputs=3,
            trunks=(tuple(block()), tuple(trunk1)),
            heads=(
                (*first(), Flatten(), Linear(3)),
                (Linear(3),) if linear else (Flatten(), Linear(3, bias=False)),
            ),
            exit_weights=(1.0, 0.3),
        )
    except BadOption:  # a window larger than what the layers before left
        reject()


quants = st.builds(
    QuantConfig,
    weight_bits=BITS,
    act_bits=BITS,
    first_weight_bits=BITS,
    last_weight_bits=BITS,
    per_channel=st.booleans(),
)
