"""The compiled segment: RTL on disk and the description that composition needs.

This module does not import FINN+, so that composing, simulating and verifying stay quick to start.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from toolkit.core.errors import ArtifactError

SCHEMA = 3
DESCRIPTION = "segment.json"
STREAMLINED = "streamlined.onnx"


@dataclass(frozen=True)
class Port:
    """One AXI-stream side of a node, in NHWC order.

    Attributes:
        dtype: qonnx name of the element type, e.g. ``UINT4``.
        bits: element width in bits.
        signed: two's complement if true.
        lanes: elements per beat; lane i lies at bits ``[i*bits +: bits]``.
        beats: beats per frame.
        shape: logical shape of one frame without the batch axis (NHWC or features).
    """

    dtype: str
    bits: int
    signed: bool
    lanes: int
    beats: int
    shape: tuple[int, ...]

    @property
    def width(self) -> int:
        """Payload bits of one beat."""
        return self.bits * self.lanes

    @property
    def tdata_bits(self) -> int:
        """Bits of ``tdata``: the payload padded to whole bytes."""
        return (self.width + 7) // 8 * 8

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Port:
        """Read back what ``asdict`` wrote."""
        return cls(**{**raw, "shape": tuple(raw["shape"])})


@dataclass(frozen=True)
class WeightStream:
    """The memory that repeats an ``mvau``'s weights: bits of a beat, words, and the file they come from."""

    tdata_bits: int
    words: int
    image: str


@dataclass(frozen=True)
class Node:
    """One hardware layer of a segment.

    Attributes:
        name: instance and module prefix, unique in the segment, e.g. ``trunk0_mvau0``.
        kind: ``padding | window | mvau | threshold | pool | bias | width``.
        layer: the network layer it belongs to, e.g. ``trunk0.conv0``.
        module: name of the Verilog module.
        input, output: its streams.
        tie_low: further inputs of the module, tied to zero (AXI-lite, set selection).
        unused: further outputs of the module, left open by name.
        weights: the memory that streams the weights, for ``mvau`` only.
        attributes: kind-specific figures (kernel, stride, pe, simd ...).
        cycles: FINN+'s estimate of cycles per frame.
        resources: FINN+'s estimate, keys LUT, BRAM_18K, URAM, DSP.
    """

    name: str
    kind: str
    layer: str
    module: str
    input: Port
    output: Port
    tie_low: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    weights: WeightStream | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    cycles: int = 0
    resources: dict[str, float] = field(default_factory=dict)

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Node:
        """Read back what ``asdict`` wrote."""
        return cls(
            **{
                **raw,
                "input": Port.from_json(raw["input"]),
                "output": Port.from_json(raw["output"]),
                "tie_low": tuple(raw["tie_low"]),
                "unused": tuple(raw["unused"]),
                "weights": raw["weights"] and WeightStream(**raw["weights"]),
            }
        )


@dataclass(frozen=True)
class Segment:
    """A trunk or head as RTL, folded once.

    Attributes:
        name: ``trunk0``, ``head0`` ...; also the name of its top module.
        path: folder with ``segment.json``, ``rtl/`` (generated), ``lib/`` (library), ``data/``
            (``*.dat``) and ``streamlined.onnx``.
        nodes: hardware layers in stream order.
        input_scale, output_scale: real value of one integer step.
        graph_digest: digest of the QONNX it was compiled from.
        sources: files in compile order, relative to ``path``.
        digest: digest over all of the above and the files' contents.
    """

    name: str
    path: Path
    nodes: tuple[Node, ...]
    input_scale: float
    output_scale: float
    graph_digest: str
    sources: tuple[str, ...]
    data: tuple[str, ...]
    digest: str

    @property
    def input(self) -> Port:
        """The stream the segment takes."""
        return self.nodes[0].input

    @property
    def output(self) -> Port:
        """The stream the segment gives."""
        return self.nodes[-1].output

    @property
    def cycles(self) -> int:
        """Estimated cycles per frame of the slowest node."""
        return max(node.cycles for node in self.nodes)

    @property
    def resources(self) -> dict[str, float]:
        """FINN+'s estimate, summed over the nodes."""
        total: dict[str, float] = {}
        for node in self.nodes:
            for key, value in node.resources.items():
                total[key] = total.get(key, 0) + value
        return total

    def save(self) -> None:
        """Write ``segment.json`` into :attr:`path`."""
        raw = {k: v for k, v in asdict(self).items() if k != "path"} | {"schema": SCHEMA}
        (self.path / DESCRIPTION).write_text(json.dumps(raw, indent=1, sort_keys=True) + "\n")

    @classmethod
    def load(cls, path: Path) -> Segment:
        """Read a segment back.

        Raises:
            ArtifactError: no description there, or one of another schema.
        """
        file = path / DESCRIPTION
        if not file.is_file():
            raise ArtifactError(f"no compiled segment in {path}", expected=DESCRIPTION, fix="Compile again.")
        raw = json.loads(file.read_text())
        if raw.pop("schema") != SCHEMA:
            raise ArtifactError(f"{file} has another schema", expected=SCHEMA, fix="Compile again.")
        nodes = tuple(Node.from_json(n) for n in raw.pop("nodes"))
        raw["sources"], raw["data"] = tuple(raw["sources"]), tuple(raw["data"])
        return cls(path=path, nodes=nodes, **raw)


def digest_files(root: Path, names: tuple[str, ...], extra: str = "") -> str:
    """SHA-256 over names and contents of files below ``root``, and ``extra``."""
    total = hashlib.sha256(extra.encode())
    for name in sorted(names):
        total.update(name.encode() + b"\0" + (root / name).read_bytes() + b"\0")
    return total.hexdigest()
