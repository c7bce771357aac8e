"""Frozen network -> the raw ONNX graph of Brevitas's exporter."""

from __future__ import annotations

import contextlib
import copy
import io
import logging
import warnings
from collections.abc import Iterator, Sequence

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from hw_models.network import Segment
from hw_models.quantized import QuantConv, QuantLinear, QuantRelu, QuantSigned
from toolkit.export.frozen import FrozenSegment


class IntegerChain(nn.Module):
    """Consecutive segments between integers: multiply by the input scale, run, divide by the output scale."""

    def __init__(self, segments: Sequence[tuple[FrozenSegment, Segment]]) -> None:
        super().__init__()
        self.layers = nn.ModuleList()
        for frozen, segment in segments:
            modules = copy.deepcopy(segment).eval().children()
            for layer, module in zip(frozen.layers, modules, strict=True):
                if isinstance(module, (QuantConv, QuantLinear)) and module.bias is not None:
                    module.bias.data = torch.from_numpy(layer.bias_values())
                if isinstance(module, (QuantRelu, QuantSigned)):
                    module.return_quant_tensor = False
                self.layers.append(module)
        self.input_scale = segments[0][0].input.scale.item()
        self.output_factor = float(np.float32(1 / segments[-1][0].output.scale.item()))

    def forward(self, x: Tensor) -> Tensor:
        """Integers [1, ...] in, integers [1, ...] out (float32 containers)."""
        x = x * self.input_scale
        for layer in self.layers:
            x = layer.plain(x)  # type: ignore[operator]
        return x * self.output_factor


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporter reports its progress on stdout and warns about packages that nobody needs."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def trace(chain: IntegerChain, input_shape: tuple[int, ...]) -> onnx.ModelProto:
    """Export ``chain`` for one frame of ``input_shape`` with Brevitas's dynamo exporter (opset 20)."""
    with _quiet():
        from brevitas.export import export_qonnx  # warns at import

        return export_qonnx(
            chain.cpu(), args=torch.zeros(1, *input_shape), export_path=None, dynamo=True, optimize=True
        )
