"""What an export leaves on disk: integer QONNX graphs and ``graphs.json``, which describes them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from hw_models import QuantConfig
from toolkit.core.errors import ArtifactError

SCHEMA = 1
INDEX_NAME = "graphs.json"


@dataclass(frozen=True)
class TensorInfo:
    """An integer tensor at the edge of a graph.

    Attributes:
        name: of the ONNX tensor.
        dtype: qonnx integer type, ``UINT8``; for logits the tightest that holds every reachable value.
        shape: NCHW or NF, batch 1.
        scale: real value of one step.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    scale: float


@dataclass(frozen=True)
class LayerInfo:
    """One layer of a graph, for comparing layer by layer.

    Attributes:
        name: ``trunk0.relu0``; the same in a segment and in every exit path that contains it.
        kind: "weight", "act", "pool" or "flatten".
        tensor: name of the ONNX tensor that leaves it (real values, integers times ``scale``).
        dtype: qonnx type of those integers.
        shape: with batch 1.
        scale: real value of one step; one number, or one per channel (axis 1) for a per-channel accumulator.
    """

    name: str
    kind: str
    tensor: str
    dtype: str
    shape: tuple[int, ...]
    scale: tuple[float, ...]


@dataclass(frozen=True)
class Graph:
    """An integer QONNX file: integers in, integers out, in float32 containers, batch 1.

    Attributes:
        name: "trunk0", "head1", "exit0", ...
        file: the .onnx file, self-contained.
        input, output: its two ends.
        digest: SHA-256 of the file.
        layers: in order of execution.
        exact: power-of-two scales, so float32 execution is exact in any order of summation.
    """

    name: str
    file: Path
    input: TensorInfo
    output: TensorInfo
    digest: str
    layers: tuple[LayerInfo, ...] = ()
    exact: bool = True

    def layer(self, name: str) -> LayerInfo:
        """The layer called ``name``.

        Raises:
            ArtifactError: no such layer in this graph.
        """
        for layer in self.layers:
            if layer.name == name:
                return layer
        known = ", ".join(layer.name for layer in self.layers)
        raise ArtifactError(f"layer '{name}' of graph {self.name}", expected=f"one of {known}")

    def to_json(self) -> dict[str, Any]:
        """A JSON-able form; the file is named relative to the index."""
        return {**asdict(self), "file": self.file.name}

    @classmethod
    def from_json(cls, data: dict[str, Any], folder: Path) -> Graph:
        """Read what :meth:`to_json` wrote."""

        def tensor(entry: dict[str, Any]) -> TensorInfo:
            return TensorInfo(**{**entry, "shape": tuple(entry["shape"])})

        layers = tuple(
            LayerInfo(**{**entry, "shape": tuple(entry["shape"]), "scale": tuple(entry["scale"])})
            for entry in data["layers"]
        )
        known = {
            **data,
            "file": folder / data["file"],
            "input": tensor(data["input"]),
            "output": tensor(data["output"]),
            "layers": layers,
        }
        return cls(**known)


@dataclass(frozen=True)
class ExitGraphs:
    """All graphs of one network.

    Attributes:
        model: network name.
        quant: how it is quantised.
        state_digest: SHA-256 over the network's parameters (see ``state_digest``).
        segments: "trunk0", "head0", "trunk1", ... in this order.
        paths: "exit0", "exit1", ...; path k is trunk 0..k, then head k.
    """

    model: str
    quant: QuantConfig
    state_digest: str
    segments: dict[str, Graph] = field(default_factory=dict)
    paths: dict[str, Graph] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The content of ``graphs.json``."""
        return {
            "schema": SCHEMA,
            "model": self.model,
            "quant": self.quant.to_json(),
            "state_digest": self.state_digest,
            "segments": [graph.to_json() for graph in self.segments.values()],
            "paths": [graph.to_json() for graph in self.paths.values()],
        }

    @classmethod
    def load(cls, folder: Path) -> ExitGraphs:
        """Read an export and check that its files are those that were written.

        Raises:
            ArtifactError: the index or a graph is missing, unreadable, of another schema or changed.
        """
        index = Path(folder) / INDEX_NAME
        try:
            data = json.loads(index.read_text())
            found = data.get("schema")
            if found != SCHEMA:
                raise ArtifactError(f"export {index}", expected=f"schema {SCHEMA}", found=found)
            graphs = cls(
                model=data["model"],
                quant=QuantConfig.from_json(data["quant"]),
                state_digest=data["state_digest"],
                segments={g["name"]: Graph.from_json(g, index.parent) for g in data["segments"]},
                paths={g["name"]: Graph.from_json(g, index.parent) for g in data["paths"]},
            )
        except FileNotFoundError:
            raise ArtifactError(f"no export in {folder}", fix="Run `offramp export` first.") from None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ArtifactError(
                f"unreadable export {index}", found=repr(error), fix="Export again."
            ) from error
        for graph in (*graphs.segments.values(), *graphs.paths.values()):
            _check_file(graph)
        return graphs


def _check_file(graph: Graph) -> None:
    if not graph.file.is_file():
        raise ArtifactError(f"missing graph {graph.file}", fix="Export again.")
    found = file_digest(graph.file)
    if found != graph.digest:
        raise ArtifactError(
            f"changed graph {graph.file}", expected=graph.digest[:12], found=found[:12], fix="Export again."
        )


def file_digest(file: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
