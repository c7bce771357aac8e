"""Export a quantised network: one integer QONNX graph per segment and one per exit path."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from hw_models.quantized import QuantEarlyExitNet
from toolkit.core.topology import Part, path_name
from toolkit.export.frozen import Feature, FrozenSegment, freeze
from toolkit.export.graphs import ExitGraphs, Graph, LayerInfo, TensorInfo
from toolkit.export.tidy import write_graph
from toolkit.export.trace import Traced, trace


def export_graphs(net: QuantEarlyExitNet, out_dir: Path) -> ExitGraphs:
    """Write every graph of ``net`` and ``graphs.json`` into ``out_dir``.

    The same parameters give the same bytes. The index is written last, so an unfinished export is recognised
    as such. The network itself is not changed.

    Args:
        net: trained network.
        out_dir: folder that receives the graphs.

    Raises:
        BadOption: a batch normalisation is in training mode.
        RangeExceeded: float32 cannot hold the accumulator of a layer exactly.
        UnsupportedOperator: Brevitas exported an operator that the layers do not call for.
    """
    out_dir = Path(out_dir)
    out_dir.mkdir(parents=True, exist_ok=True)
    (out_dir / ExitGraphs.FILE).unlink(missing_ok=True)
    frozen, topology = freeze(net), net.spec.topology
    traced = trace({part: (frozen[part], net.chain(part)) for part in topology})
    exact = net.quant.scaling == "po2"
    result = ExitGraphs(
        model=net.spec.name,
        quant=net.quant,
        state_digest=state_digest(net),
        segments={part: _export(part.name, [frozen[part]], traced, out_dir, exact) for part in topology},
        paths=tuple(
            _export(path_name(k), [frozen[part] for part in topology.path(k)], traced, out_dir, exact)
            for k in topology.indices
        ),
    )
    result.save(out_dir)
    return result


def state_digest(net: QuantEarlyExitNet) -> str:
    """Return the SHA-256 over names, shapes and values of all parameters."""
    digest = hashlib.sha256()
    for name, tensor in sorted(net.state_dict().items()):
        array = tensor.detach().cpu().contiguous().numpy()
        digest.update(f"{name} {array.dtype} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _export(name: str, chain: Sequence[FrozenSegment], traced: Traced, out_dir: Path, exact: bool) -> Graph:
    source = _tensor(_input_name(chain[0].part), chain[0].input)
    sink = _tensor(_output_name(chain[-1].part), chain[-1].output)
    return write_graph(traced, name, chain, source, sink, _layer_infos(chain), out_dir, exact=exact)


def _input_name(part: Part) -> str:
    """Return the input of a part: feature map k of head k, feature map k - 1 or the image of trunk k."""
    if part.piece:
        return f"{part}.in"
    k = part.k if part.is_head else part.k - 1
    return f"feature{k}" if k >= 0 else "image"


def _output_name(part: Part) -> str:
    if part.branch:
        return f"{part}.feature"
    return f"logits{part.k}" if part.is_head else f"feature{part.k}"


def _tensor(name: str, feature: Feature) -> TensorInfo:
    return TensorInfo(name=name, dtype=feature.dtype, shape=(1, *feature.shape), scale=feature.scale.item())


def _layer_infos(chain: Sequence[FrozenSegment]) -> Iterator[LayerInfo]:
    """Yield the layers of a graph, and the sums in front of segments."""
    here = {segment.part for segment in chain}
    for segment in chain:
        if len(segment.sources) > 1 and here.issuperset(segment.sources):
            yield _info(segment.sources[0].sum_name, "add", segment.input)
        for layer in segment.layers:
            yield _info(layer.operation.name, layer.operation.kind, layer.output)


def _info(name: str, kind: str, out: Feature) -> LayerInfo:
    return LayerInfo(
        name=name,
        kind=kind,
        tensor=f"{name}.out",
        dtype=out.dtype,
        shape=(1, *out.shape),
        scale=tuple(out.scale.tolist()),
    )
