"""The composed accelerator on disk, and the view of it that simulation takes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from toolkit.compile.segment import Node, Port
from toolkit.core.errors import ArtifactError
from toolkit.sim.design import RtlDesign, Stream

SCHEMA = 3
DESCRIPTION = "accelerator.json"
INPUT, OUTPUT, MAP = "in0_V", "out0_V", "out1_V"


@dataclass(frozen=True)
class Accelerator:
    """A chain of segments as a single streaming design: an exit path, or a stage (trunk k with head k).

    A stage in front of another hands its feature map out as well, on a second output stream.

    Attributes:
        name: also the top module, e.g. ``exit0`` or ``stage0``.
        path: folder with the description, ``lib/``, ``blocks/``, ``rtl/`` and ``data/``; it can be moved.
        segments: names of its segments in stream order.
        nodes: all hardware layers in stream order; the queue behind node i has number i.
        depths: depth of the queue behind every node but the last; then, in a design with a branch, of the one
            behind the feature map.
        sources: files in compile order, relative to ``path``.
        data: memory images, relative to ``path``.
        input_scale, output_scale: real value of one integer step.
        digest: digest over description and files.
        branch: the node whose output is the feature map, or None.
        map_scale: real value of one step of the feature map.
    """

    name: str
    path: Path
    segments: tuple[str, ...]
    nodes: tuple[Node, ...]
    depths: tuple[int, ...]
    sources: tuple[str, ...]
    data: tuple[str, ...]
    input_scale: float
    output_scale: float
    digest: str
    branch: int | None = None
    map_scale: float | None = None

    @property
    def outputs(self) -> dict[str, Port]:
        """Output streams by name: logits, and the feature map of a design with a branch."""
        feature_map = {} if self.branch is None else {MAP: self.nodes[self.branch].output}
        return {OUTPUT: self.nodes[-1].output, **feature_map}

    @property
    def queues(self) -> tuple[Port, ...]:
        """What each queue holds, in the order of :attr:`depths`."""
        behind = tuple(node.output for node in self.nodes[:-1])
        return behind if self.branch is None else (*behind, self.nodes[self.branch].output)

    @property
    def cycles(self) -> int:
        """Estimated cycles per frame of the slowest layer: the bound of the interval."""
        return max(node.cycles for node in self.nodes)

    @property
    def resources(self) -> dict[str, float]:
        """FINN+'s estimate, summed over the layers; queues and wiring are not counted."""
        keys = {key for node in self.nodes for key in node.resources}
        return {key: sum(node.resources.get(key, 0) for node in self.nodes) for key in sorted(keys)}

    def design(self) -> RtlDesign:
        """The design as simulation takes it, with a probe on every queue."""
        return RtlDesign(
            top=self.name,
            sources=tuple(self.path / source for source in self.sources),
            inputs=(stream(INPUT, self.nodes[0].input),),
            outputs=tuple(stream(name, port) for name, port in self.outputs.items()),
            data_dir=self.path / "data",
            defines={"FINN_SIMULATION": None},  # portable arithmetic instead of DSP primitives
            probes={i: stream(f"p{i}", node.output) for i, node in enumerate(self.nodes[:-1])},
        )

    def save(self) -> None:
        """Write the description into :attr:`path`."""
        raw = {k: v for k, v in asdict(self).items() if k != "path"} | {"schema": SCHEMA}
        (self.path / DESCRIPTION).write_text(json.dumps(raw, indent=1, sort_keys=True) + "\n")

    @classmethod
    def load(cls, path: Path) -> Accelerator:
        """Read an accelerator back.

        Raises:
            ArtifactError: no description there, or one of another schema.
        """
        file = path / DESCRIPTION
        if not file.is_file():
            raise ArtifactError(f"no accelerator in {path}", expected=DESCRIPTION, fix="Compose again.")
        raw: dict[str, Any] = json.loads(file.read_text())
        if raw.pop("schema") != SCHEMA:
            raise ArtifactError(f"{file} has another schema", expected=SCHEMA, fix="Compose again.")
        nodes = tuple(Node.from_json(n) for n in raw.pop("nodes"))
        for key in ("segments", "depths", "sources", "data"):
            raw[key] = tuple(raw[key])
        return cls(path=path, nodes=nodes, **raw)


def stream(name: str, port: Port) -> Stream:
    """A node's port as a stream of the simulator."""
    return Stream(name, port.bits, port.signed, port.lanes, port.beats)
