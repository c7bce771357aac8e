"""The exported files: integer QONNX graphs, and ``graphs.json``, which describes them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator, InstanceOf, PlainSerializer

from hw_models import QuantConfig
from toolkit.core.artifact import Artifact, Record, sha256_file
from toolkit.core.errors import ArtifactError
from toolkit.core.paths import is_file
from toolkit.core.topology import Part, Topology, trunk


class TensorInfo(Record):
    """The integer input or output of a graph.

    Attributes:
        name: name of the ONNX tensor.
        dtype: qonnx integer type, ``UINT8``; for logits the narrowest that holds every reachable value.
        shape: NCHW or NF, batch 1.
        scale: real value of one step.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    scale: float

    @property
    def bits(self) -> int:
        """Bits of all its integers."""
        return math.prod(self.shape) * self.width

    @property
    def width(self) -> int:
        """Bits of one of its integers."""
        return int(self.dtype.lstrip("UINT"))


class LayerInfo(Record):
    """One layer of a graph, for comparison layer by layer.

    Attributes:
        name: ``trunk0.relu0``; the same in a segment and in every exit path that contains it.
        kind: "weight", "act", "pool", "flatten" or "add".
        tensor: name of the layer's output tensor in ONNX (real values, integers times ``scale``).
        dtype: qonnx type of those integers.
        shape: shape with batch 1.
        scale: real value of one step; one number, or one per channel (axis 1) for a per-channel accumulator.
    """

    name: str
    kind: str
    tensor: str
    dtype: str
    shape: tuple[int, ...]
    scale: tuple[float, ...]


class Graph(Record):
    """A QONNX file whose input and output are integers, batch 1.

    The tensors are float32, since qonnx executes nothing else; they hold whole numbers only.

    Attributes:
        name: name of the segment or exit path, e.g. ``trunk0`` or ``exit0``.
        file: path of the .onnx file; its folder is not stored, so that it can be moved.
        input, output: input and output tensor.
        digest: SHA-256 of the file.
        layers: layers in order of execution.
        exact: whether all scales are powers of two, so that float32 is exact in any order of summation.
    """

    name: str
    file: Annotated[Path, PlainSerializer(lambda file: file.name)]
    input: TensorInfo
    output: TensorInfo
    digest: str
    layers: tuple[LayerInfo, ...] = ()
    exact: bool = True

    @property
    def part(self) -> Part:
        """Trunk or head of the graph; only for segments."""
        return Part.named(self.name)

    def layer(self, name: str) -> LayerInfo:
        """Return the layer called ``name``.

        Raises:
            ArtifactError: no such layer in this graph.
        """
        for layer in self.layers:
            if layer.name == name:
                return layer
        known = ", ".join(layer.name for layer in self.layers)
        raise ArtifactError(f"layer '{name}' of graph {self.name}", expected=f"one of {known}")

    def in_folder(self, folder: Path) -> Self:
        """Return the same graph with its file in ``folder``."""
        return self.model_copy(update={"file": folder / self.file.name})

    def require_unchanged(self) -> None:
        """Check that the file is the one that was exported.

        Raises:
            ArtifactError: the file is missing or has changed.
        """
        if not is_file(self.file):
            raise ArtifactError(f"missing graph {self.file}", fix="Export again.")
        if (found := sha256_file(self.file)) != self.digest:
            fix = "Export again."
            raise ArtifactError(
                f"changed graph {self.file}", expected=self.digest[:12], found=found[:12], fix=fix
            )


def _quant(value: Any) -> Any:
    return QuantConfig.from_json(value) if isinstance(value, dict) else value


def _by_part(value: Any) -> Any:
    names = isinstance(value, dict) and all(isinstance(key, str) for key in value)
    return {Part.named(name): graph for name, graph in value.items()} if names else value


def _by_name(segments: dict[Part, Graph]) -> dict[str, Any]:
    return {part.name: graph.model_dump(mode="json") for part, graph in segments.items()}


class ExitGraphs(Artifact):
    """All graphs of one network.

    Attributes:
        model: name of the network.
        quant: bit widths and scales; None: the graphs come from a QONNX file.
        state_digest: SHA-256 over the network's parameters, see :func:`toolkit.export.export.state_digest`,
            or of the file.
        segments: trunk 0, head 0, trunk 1, ... in this order; of those that are cut the pieces.
        paths: exit path 0, 1, ...; path k is trunk 0..k, then head k.
    """

    FILE: ClassVar[str] = "graphs.json"
    SCHEMA: ClassVar[int] = 2

    model: str
    quant: Annotated[
        InstanceOf[QuantConfig] | None,
        BeforeValidator(_quant),
        PlainSerializer(lambda quant: quant and quant.to_json()),
    ]
    state_digest: str
    segments: Annotated[dict[InstanceOf[Part], Graph], BeforeValidator(_by_part), PlainSerializer(_by_name)]
    paths: tuple[Graph, ...]

    @property
    def topology(self) -> Topology:
        """Parts of the network and how they are connected."""
        return Topology.of(self.segments)

    @property
    def image_bits(self) -> int:
        """Bits of an image."""
        return self.segments[self.topology.parts[0]].input.bits

    @property
    def map_bits(self) -> tuple[int, ...]:
        """Bits of each feature map that a trunk hands to the next."""
        topology = self.topology
        return tuple(self.segments[topology.end(trunk(k))].output.bits for k in range(topology.last))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read an export and check that its files are unchanged.

        Raises:
            ArtifactError: the index or a graph is missing, damaged, of another schema or changed.
        """
        index = super().load(folder)
        segments = {part: graph.in_folder(folder) for part, graph in index.segments.items()}
        paths = tuple(graph.in_folder(folder) for graph in index.paths)
        graphs = index.model_copy(update={"segments": segments, "paths": paths})
        for graph in (*graphs.segments.values(), *graphs.paths):
            graph.require_unchanged()
        return graphs
