"""The composed accelerator on disk, and as a design for simulation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from toolkit.compile.segment import Node, NodeChain
from toolkit.core.artifact import Artifact, Inside, Name
from toolkit.core.stream import Stream
from toolkit.sim.design import RtlDesign

INPUT, OUTPUT, MAP = "in0_V", "out0_V", "out1_V"


class Accelerator(NodeChain, Artifact):
    """A chain of segments as a single streaming design: an exit path, or a stage (trunk k with head k).

    A stage before another has a second output stream for its feature map.

    Attributes:
        name: name of the accelerator and of its top module, e.g. ``exit0`` or ``stage0``.
        path: folder with the description, ``lib/``, ``blocks/``, ``rtl/`` and ``data/``; it can be moved.
        segments: names of its segments in stream order.
        nodes: all hardware layers in stream order; the queue after node i has number i.
        depths: depth of the queue after every node but the last; then, with a branch, of the queue after the
            feature map.
        sources: files in compile order, relative to ``path``.
        data: memory images, relative to ``path``.
        input_scale, output_scale: real value of one integer step.
        digest: digest over description and files.
        branch: index of the node whose output is the feature map; None without a second output.
        map_scale: real value of one integer step of the feature map.
    """

    FILE: ClassVar[str] = "accelerator.json"
    SCHEMA: ClassVar[int] = 4

    name: Name
    path: Path = Field(exclude=True)
    segments: tuple[str, ...]
    nodes: Annotated[tuple[Node, ...], Field(min_length=1)]
    depths: tuple[int, ...]
    sources: tuple[Inside, ...]
    data: tuple[Inside, ...]
    input_scale: float
    output_scale: float
    digest: str
    branch: int | None = None
    map_scale: float | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.branch is not None and not 0 <= self.branch < len(self.nodes):
            raise ValueError(f"a branch behind one of {len(self.nodes)} nodes, not behind node {self.branch}")
        if len(self.depths) != (queues := len(self.nodes) - (self.branch is None)):
            raise ValueError(f"{queues} depths, one per queue, not {len(self.depths)}")
        return self

    @property
    def outputs(self) -> dict[str, Stream]:
        """Output streams by name: logits and, with a branch, the feature map."""
        feature_map = {} if self.branch is None else {MAP: self.nodes[self.branch].output.named(MAP)}
        return {OUTPUT: self.nodes[-1].output, **feature_map}

    @property
    def queues(self) -> tuple[Stream, ...]:
        """Stream through each queue, in the order of :attr:`depths`."""
        behind = tuple(node.output for node in self.nodes[:-1])
        return behind if self.branch is None else (*behind, self.nodes[self.branch].output)

    def design(self) -> RtlDesign:
        """Return the design for simulation, with a probe on every queue."""
        return RtlDesign(
            top=self.name,
            sources=tuple(self.path / source for source in self.sources),
            inputs=(self.input,),
            outputs=tuple(self.outputs.values()),
            data_dir=self.path / "data",
            defines={"FINN_SIMULATION": None},  # portable arithmetic instead of DSP primitives
            probes={i: node.output.named(f"p{i}") for i, node in enumerate(self.nodes[:-1])},
        )
