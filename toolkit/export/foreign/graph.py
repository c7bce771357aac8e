"""Writes the integers of a QONNX file as graphs of a network with one exit."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from pathlib import Path

import numpy as np
from onnx import helper

from toolkit.core.artifact import sha256_file, write_bytes
from toolkit.core.errors import UnsupportedOperator
from toolkit.core.reading import read_bytes, reading
from toolkit.core.topology import Part, head, path_name, trunk
from toolkit.export.builder import QONNX_DOMAIN, GraphBuilder
from toolkit.export.foreign.chain import read_chain
from toolkit.export.foreign.fold import Folded, fold
from toolkit.export.foreign.layers import IntegerLayer
from toolkit.export.foreign.record import COPY, ForeignFile
from toolkit.export.graphs import ExitGraphs, Graph, LayerInfo, TensorInfo
from toolkit.export.ranges import Interval

_OPSETS = [helper.make_opsetid("", 18), helper.make_opsetid(QONNX_DOMAIN, 2)]
_KINDS = {"conv": "weight", "linear": "weight", "quant": "act", "pool": "pool", "flatten": "flatten"}
PIXEL_UNIT = 255
"""Pixel that is 1.0 at the input of a file, unless one is named or the input takes integers."""


def import_graphs(
    path: Path, out_dir: Path, name: str, shape: tuple[int, int, int], unit: int | None = None
) -> tuple[ExitGraphs, ForeignFile]:
    """Write the graphs of a QONNX file, ``graphs.json``, ``foreign.json`` and a copy of the file.

    Args:
        path: a QONNX file.
        out_dir: folder that receives them.
        name: name of the network.
        shape: shape (C, H, W) of the pictures; a file with a flat input gets them flattened.
        unit: pixel that is 1.0 at the file's input; None: 255.

    Raises:
        ArtifactError: the file is damaged, of another version, or for several pictures at once.
        UnsupportedOperator: it is no linear quantised chain; names the nodes that are wrong.
        RangeExceeded: float32 cannot hold an accumulator exactly.
    """
    content = read_bytes(path, str(path))
    out_dir.mkdir(parents=True, exist_ok=True)
    write_bytes(out_dir / COPY, content)
    with reading(str(path), "a linear quantised chain"):
        chain = read_chain(path)
        if chain.dtype not in ("UINT8", "FLOAT32"):
            raise UnsupportedOperator(
                f"{path}: input", expected="pixels 0 to 255 (UINT8), or real numbers", found=chain.dtype
            )
        given = 1 if chain.dtype == "UINT8" else unit or PIXEL_UNIT
        try:
            folded = fold(chain, shape, given)
        except UnsupportedOperator as error:
            raise error.renamed(f"{path}: {error.what}") from None
    record = ForeignFile(
        name=path.name,
        digest=sha256_file(out_dir / COPY),
        unit=given,
        flat=len(chain.shape) == 1,
        scale=tuple(folded.scale.tolist()),
        offset=tuple(folded.offset.tolist()),
        macs=sum(_macs(layer) for layer in folded.layers),
        positions=_positions(folded.layers, shape),
        exact=folded.exact,
    )
    record.save(out_dir)
    graphs = _write(folded, out_dir, name, shape, record)
    graphs.save(out_dir)
    return graphs, record


def _macs(layer: IntegerLayer) -> int:
    return 0 if layer.weight is None else layer.weight.size * prod(layer.shape[1:])


def _positions(layers: Sequence[IntegerLayer], shape: tuple[int, ...]) -> int:
    """Return the pixels of the largest map that a layer reads, with its padding."""
    most = 1
    for layer in layers:
        top, left, bottom, right = layer.pads or (0, 0, 0, 0)
        if len(shape) == 3:
            most = max(most, (shape[1] + top + bottom) * (shape[2] + left + right))
        shape = layer.shape
    return most


def _write(
    folded: Folded, out_dir: Path, name: str, shape: tuple[int, ...], record: ForeignFile
) -> ExitGraphs:
    parts = _split(folded.layers)
    named = {part: _named(part, layers) for part, layers in parts.items()}
    same = len(set(record.scale)) == 1 and record.scale[0] > 0
    image = TensorInfo(name="image", dtype="UINT8", shape=(1, *shape), scale=1.0)
    feature = _tensor("feature0", parts[trunk(0)][-1])
    logits = _tensor("logits0", parts[head(0)][-1]).model_copy(
        update={"scale": record.scale[0] if same else 1.0}
    )
    whole = {**named[trunk(0)], **named[head(0)]}
    return ExitGraphs(
        model=name,
        quant=None,
        state_digest=record.digest,
        segments={
            trunk(0): _graph(trunk(0).name, named[trunk(0)], image, feature, out_dir),
            head(0): _graph(head(0).name, named[head(0)], feature, logits, out_dir),
        },
        paths=(_graph(path_name(0), whole, image, logits, out_dir),),
    )


def _split(layers: Sequence[IntegerLayer]) -> dict[Part, Sequence[IntegerLayer]]:
    """Cut a chain before its last layer with weights, and the flattening that this reads."""
    cut = max(at for at, layer in enumerate(layers) if layer.weight is not None)
    while layers[cut - 1].kind == "flatten":
        cut -= 1
    return {trunk(0): layers[:cut], head(0): layers[cut:]}


def _named(part: Part, layers: Sequence[IntegerLayer]) -> dict[str, IntegerLayer]:
    counts: dict[str, int] = {}
    found = {}
    for layer in layers:
        index = counts.setdefault(layer.kind, 0)
        counts[layer.kind] += 1
        found[f"{part}.{layer.kind}{index}"] = layer
    return found


def _tensor(name: str, layer: IntegerLayer) -> TensorInfo:
    return TensorInfo(name=name, dtype=layer.dtype, shape=(1, *layer.shape), scale=1.0)


class _Writer(GraphBuilder):
    """A graph of integers, in the form that exported graphs have."""

    def constant(self, name: str, value: np.ndarray) -> str:
        """Add a constant, float32 as all values here."""
        return super().constant(name, value.astype(np.float32))

    def layer(self, name: str, layer: IntegerLayer, x: str) -> str:
        """Add a layer and return its output."""
        out = f"{name}.out"
        windows = {"strides": layer.strides, "pads": layer.pads, "kernel_shape": layer.kernel}
        if layer.kind == "conv":
            given = [x, self._weight(name, layer)]
            self.node("Conv", name, given, out, dilations=[1, 1], group=1, **windows)
        elif layer.kind == "linear":
            given = [x, self._weight(name, layer)]
            given += [] if layer.bias is None else [self.constant(f"{name}.bias", layer.bias)]
            self.node("Gemm", name, given, out, transB=1)
        elif layer.kind == "pool":
            self.node("MaxPool", name, [x], out, **windows)
        elif layer.kind == "flatten":
            self.node("Flatten", name, [x], out, axis=1)
        else:
            assert layer.table is not None
            given = [x, self.constant(f"{name}.thresholds", layer.table)]
            self.node(
                "MultiThreshold", name, given, out,
                out_dtype=layer.dtype, out_scale=1.0, out_bias=float(Interval.of_dtype(layer.dtype).low),
                data_layout="NCHW" if len(layer.shape) == 3 else "NC",
            )  # fmt: skip
        return self.value(out, [1, *layer.shape])

    def _weight(self, name: str, layer: IntegerLayer) -> str:
        assert layer.weight is not None
        low, high = int(layer.weight.min()), int(layer.weight.max())
        bits = Interval.of_dtype(Interval(low, high).tight_dtype())
        owner, out = f"{name}.weight", f"{name}.weight.quantised"
        numbers = {"scale": 1.0, "zero_point": 0.0, "bits": float((-bits.low).bit_length())}
        given = [self.constant(owner, layer.weight)]
        given += [self.constant(f"{owner}.{what}", np.array(value)) for what, value in numbers.items()]
        narrow = int(low > bits.low)
        self.node("Quant", f"{owner}.quant", given, out, signed=1, narrow=narrow, rounding_mode="ROUND")
        return self.value(out, layer.weight.shape)


def _graph(
    name: str, layers: dict[str, IntegerLayer], source: TensorInfo, sink: TensorInfo, out_dir: Path
) -> Graph:
    writer = _Writer()
    x = writer.value(writer.scaling("input_scale", source.name, f"{source.name}.real", 1.0), source.shape)
    for layer_name, layer in layers.items():
        x = writer.layer(layer_name, layer, x)
    writer.scaling("output_scale", x, sink.name, 1.0)
    infos = tuple(
        LayerInfo(
            name=layer_name,
            kind=_KINDS[layer.kind],
            tensor=f"{layer_name}.out",
            dtype=layer.dtype,
            shape=(1, *layer.shape),
            scale=(1.0,),
        )
        for layer_name, layer in layers.items()
    )
    return writer.write(name, source, sink, infos, out_dir, exact=True, ir_version=9, opsets=_OPSETS)
