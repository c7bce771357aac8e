"""Export a quantised network: one integer QONNX graph per segment and one per exit path."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from hw_models import QuantEarlyExitNet
from toolkit.export.frozen import Feature, FrozenLayer, FrozenSegment, freeze, segment_modules
from toolkit.export.graphs import INDEX_NAME, ExitGraphs, Graph, LayerInfo, TensorInfo, file_digest
from toolkit.export.tidy import build_graph
from toolkit.export.trace import Traced, trace


def export_graphs(net: QuantEarlyExitNet, out_dir: Path) -> ExitGraphs:
    """Write every graph of ``net`` and ``graphs.json`` into ``out_dir``.

    The same parameters give the same bytes. The index is written last, so an unfinished export is not taken
    for one. The network itself is left as it was.

    Raises:
        RangeExceeded: a layer whose accumulator float32 cannot hold.
        UnsupportedOperator: an operator that the exporter should not have produced.
    """
    out_dir = Path(out_dir)
    out_dir.mkdir(parents=True, exist_ok=True)
    (out_dir / INDEX_NAME).unlink(missing_ok=True)
    frozen = freeze(net)
    traced = trace({name: (frozen[name], module) for name, module in segment_modules(net)})
    exact = net.quant.scaling == "po2"
    segments = {name: _export(name, [part], traced, out_dir, exact) for name, part in frozen.items()}
    paths = {}
    for k in range(net.spec.exits):
        parts = [*(frozen[f"trunk{i}"] for i in range(k + 1)), frozen[f"head{k}"]]
        paths[f"exit{k}"] = _export(f"exit{k}", parts, traced, out_dir, exact)
    result = ExitGraphs(
        model=net.spec.name,
        quant=net.quant,
        state_digest=state_digest(net),
        segments=segments,
        paths=paths,
    )
    _write(out_dir / INDEX_NAME, (json.dumps(result.to_json(), indent=1) + "\n").encode())
    return result


def state_digest(net: QuantEarlyExitNet) -> str:
    """SHA-256 over names, shapes and values of all parameters: equal digests, equal networks."""
    digest = hashlib.sha256()
    for name, tensor in sorted(net.state_dict().items()):
        array = tensor.detach().cpu().contiguous().numpy()
        digest.update(f"{name} {array.dtype} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _export(name: str, parts: Sequence[FrozenSegment], traced: Traced, out_dir: Path, exact: bool) -> Graph:
    source = _tensor(_input_name(parts[0].name), parts[0].input)
    sink = _tensor(_output_name(parts[-1].name), parts[-1].output)
    model = build_graph(traced, name, parts, source, sink)
    file = out_dir / f"{name}.onnx"
    _write(file, model.SerializeToString(deterministic=True))
    layers = tuple(_layer_info(layer) for part in parts for layer in part.layers)
    return Graph(name, file, source, sink, file_digest(file), layers, exact)


def _input_name(segment: str) -> str:
    """trunk k and head k - 1 read feature map k - 1; trunk 0 reads the image."""
    index = int(segment.removeprefix("trunk").removeprefix("head"))
    if segment.startswith("head"):
        return f"feature{index}"
    return f"feature{index - 1}" if index else "image"


def _output_name(segment: str) -> str:
    return segment.replace("trunk", "feature").replace("head", "logits")


def _tensor(name: str, feature: Feature) -> TensorInfo:
    return TensorInfo(name, feature.dtype, (1, *feature.shape), feature.scale.item())


def _layer_info(layer: FrozenLayer) -> LayerInfo:
    step, out = layer.step, layer.output
    scale = tuple(out.scale.tolist())
    return LayerInfo(step.name, step.kind, f"{step.name}.out", out.dtype, (1, *out.shape), scale)


def _write(file: Path, content: bytes) -> None:
    part = file.with_name(file.name + ".part")
    part.write_bytes(content)
    part.replace(file)
