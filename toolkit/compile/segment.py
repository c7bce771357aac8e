"""The compiled segment: RTL on disk, and the description that composition needs.

This module does not import FINN+, whose import takes 5 s.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from toolkit.core.artifact import Artifact, Inside, Name
from toolkit.core.stream import Stream
from toolkit.core.topology import Part

STREAMLINED = "streamlined.onnx"
PRODUCTS = ("mvau", "depthwise")
"""The kinds of hardware layers that multiply with weights, which are streamed to them."""


@dataclass(frozen=True)
class WeightStream:
    """The memory that streams the weights of an ``mvau``: bits of a beat, number of words, image file."""

    tdata_bits: int
    words: int
    image: str


@dataclass(frozen=True)
class Node:
    """One hardware layer of a segment.

    Attributes:
        name: instance and module prefix, unique in the segment, e.g. ``trunk0_mvau0``.
        kind: ``padding | window | mvau | depthwise | threshold | pool | bias | width``.
        layer: network layer that the node belongs to, e.g. ``trunk0.conv0``.
        module: name of the Verilog module.
        input, output: streams, in NHWC order.
        tie_low: other inputs of the module, tied to zero (AXI-lite, set selection).
        unused: other outputs of the module, left unconnected.
        weights: memory that streams the weights, for products only.
        attributes: FINN+'s attributes for this kind (kernel, stride, PE, SIMD ...).
        cycles: cycles per frame, FINN+'s estimate except of a width converter.
        resources: FINN+'s estimate, keys LUT, BRAM_18K, URAM, DSP.
    """

    name: str
    kind: str
    layer: str
    module: str
    input: Stream
    output: Stream
    tie_low: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    weights: WeightStream | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    cycles: int = 0
    resources: dict[str, int | float] = field(default_factory=dict)


class NodeChain:
    """Base of designs that are a chain of hardware layers, ``nodes`` in stream order."""

    if TYPE_CHECKING:  # declared by the subclasses, which order their fields
        nodes: tuple[Node, ...]

    @property
    def input(self) -> Stream:
        """Input stream."""
        return self.nodes[0].input

    @property
    def output(self) -> Stream:
        """Output stream of the last layer."""
        return self.nodes[-1].output

    @property
    def cycles(self) -> int:
        """Estimated cycles per frame of the slowest layer, the lower bound of the interval."""
        return max(node.cycles for node in self.nodes)

    @property
    def resources(self) -> dict[str, float]:
        """FINN+'s estimate, summed over the layers, keys sorted; queues and wiring are not counted."""
        keys = sorted({key for node in self.nodes for key in node.resources})
        return {key: sum(node.resources.get(key, 0) for node in self.nodes) for key in keys}


class Segment(NodeChain, Artifact):
    """A trunk or head as RTL, in one folding.

    Attributes:
        name: name of the part, ``trunk0`` ..., and of the top module.
        path: folder with the description, ``rtl/`` (generated), ``lib/`` (library), ``data/`` (``*.dat``) and
            ``streamlined.onnx``.
        nodes: hardware layers in stream order.
        input_scale, output_scale: real value of one integer step.
        graph_digest: digest of the QONNX file that was compiled.
        sources: files in compile order, relative to ``path``.
        data: memory images, relative to ``path``.
        digest: digest over description and files.
    """

    FILE: ClassVar[str] = "segment.json"
    SCHEMA: ClassVar[int] = 5

    name: Name
    path: Path = Field(exclude=True)
    nodes: Annotated[tuple[Node, ...], Field(min_length=1)]
    input_scale: float
    output_scale: float
    graph_digest: str
    sources: tuple[Inside, ...]
    data: tuple[Inside, ...]
    digest: str

    @property
    def part(self) -> Part:
        """Part of the network that it computes."""
        return Part.named(self.name)


def digest_files(root: Path, names: tuple[str, ...], extra: str = "") -> str:
    """Return the SHA-256 over names and contents of files below ``root``, and ``extra``."""
    total = hashlib.sha256(extra.encode())
    for name in sorted(names):
        total.update(name.encode() + b"\0" + (root / name).read_bytes() + b"\0")
    return total.hexdigest()


def node_text(nodes: Iterable[Node]) -> str:
    """Return the text of nodes for the digests of segments and accelerators.

    Digests are built into bitstreams, so this text must not change when attributes are renamed.
    """
    texts = [
        f"Node(name={n.name!r}, kind={n.kind!r}, layer={n.layer!r}, module={n.module!r}, "
        f"input={_stream_text(n.input)}, output={_stream_text(n.output)}, tie_low={n.tie_low!r}, "
        f"unused={n.unused!r}, weights={n.weights!r}, attributes={_sorted(n.attributes)!r}, "
        f"cycles={n.cycles!r}, resources={_sorted(n.resources)!r})"
        for n in nodes
    ]
    return f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"


def _sorted(values: dict[str, Any]) -> dict[str, Any]:
    return dict(sorted(values.items()))


def _stream_text(stream: Stream) -> str:
    return (
        f"Port(dtype={stream.dtype!r}, bits={stream.element_bits}, signed={stream.signed}, "
        f"lanes={stream.lanes}, beats={stream.beats}, shape={stream.shape})"
    )
