"""The composed accelerator on disk, and as a design for simulation."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Self, TypeVar

from pydantic import Field, model_validator

from toolkit.compile.segment import Node, NodeChain
from toolkit.core.artifact import Artifact, Inside, Name, Record
from toolkit.core.stream import Stream
from toolkit.sim.design import RtlDesign

T = TypeVar("T")
INPUT, OUTPUT, MAP = "in0_V", "out0_V", "out1_V"


class Join(Record):
    """A residual block: a fork, the main branch, the shortcut and the adder that joins them.

    The fork is behind node ``main - 1``; a main branch that begins with node 0 reads the accelerator's input.

    Attributes:
        main, shortcut: index of the first node of each branch; the main branch ends before the shortcut.
        add: index of the adder; the shortcut ends before it.
    """

    main: int
    shortcut: int
    add: int


class Accelerator(NodeChain, Artifact):
    """Segments as a single streaming design: an exit path, or a stage (trunk k with head k).

    A stage before another has a second output stream for its feature map.

    Attributes:
        name: name of the accelerator and of its top module, e.g. ``exit0`` or ``stage0``.
        path: folder with the description, ``lib/``, ``blocks/``, ``rtl/`` and ``data/``; it can be moved.
        segments: names of its segments in stream order.
        nodes: all hardware layers in stream order; the queue after node i has number i.
        depths: depth of the queue after every node but the last; then of the queue in front of every
            shortcut; then, with a branch, of the queue after the feature map.
        sources: files in compile order, relative to ``path``.
        data: memory images, relative to ``path``.
        input_scale, output_scale: real value of one integer step.
        digest: digest over description and files.
        branch: index of the node whose output is the feature map; None without a second output.
        map_scale: real value of one integer step of the feature map.
        joins: residual blocks.
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
    joins: tuple[Join, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.branch is not None and not 0 <= self.branch < len(self.nodes):
            raise ValueError(f"a branch behind one of {len(self.nodes)} nodes, not behind node {self.branch}")
        for join in self.joins:
            if not 0 <= join.main < join.shortcut < join.add < len(self.nodes):
                raise ValueError(f"a residual block within {len(self.nodes)} nodes, not {join}")
        if len(self.depths) != len(self.queues):
            raise ValueError(f"{len(self.queues)} depths, one per queue, not {len(self.depths)}")
        return self

    @property
    def outputs(self) -> dict[str, Stream]:
        """Output streams by name: logits and, with a branch, the feature map."""
        feature_map = {} if self.branch is None else {MAP: self.nodes[self.branch].output.named(MAP)}
        return {OUTPUT: self.nodes[-1].output, **feature_map}

    @property
    def queues(self) -> tuple[Stream, ...]:
        """Stream through each queue, in the order of :attr:`depths`."""
        return tuple(self.input if node is None else self.nodes[node].output for node in self.fillers)

    @property
    def fillers(self) -> tuple[int | None, ...]:
        """Index of the node that fills each queue, in the order of :attr:`depths`; None: the input does."""
        forks = tuple(join.main - 1 if join.main else None for join in self.joins)
        branch = () if self.branch is None else (self.branch,)
        return (*range(len(self.nodes) - 1), *forks, *branch)

    def queues_before(self, node: int) -> tuple[int, ...]:
        """Return the numbers of the queues that a node reads: two of an adder, none of the input's reader."""
        for number, join in enumerate(self.joins):
            if node == join.add:
                return join.shortcut - 1, node - 1
            if node == join.shortcut:
                return (len(self.nodes) - 1 + number,)
        return (node - 1,) if node else ()

    @property
    def between(self) -> frozenset[int]:
        """Numbers of the queues between a fork and its adder, which are not all full at the same time.

        The branch with less room for the words that the fork hands to both keeps them from the other.
        """
        last = len(self.nodes) - 1
        inside = (range(max(join.main - 1, 0), join.add) for join in self.joins)
        return frozenset((*itertools.chain(*inside), *range(last, last + len(self.joins))))

    @property
    def shortcut_queues(self) -> frozenset[int]:
        """Numbers of the queues from a fork through its shortcut to the adder."""
        last = len(self.nodes) - 1
        inside = (range(join.shortcut, join.add) for join in self.joins)
        return frozenset((*itertools.chain(*inside), *range(last, last + len(self.joins))))

    def inputs_of(self, node: int, outputs: Sequence[T], first: T) -> list[T]:
        """Return what the nodes before a node gave it: one, or two in front of an adder.

        Args:
            node: index of the node.
            outputs: what each node before it gave.
            first: what comes from the accelerator's input.
        """
        fillers = [self.fillers[queue] for queue in self.queues_before(node)] or [None]
        return [first if filler is None else outputs[filler] for filler in fillers]

    def queues_behind(self, node: int | None) -> tuple[int, ...]:
        """Return the numbers of the queues that a node fills, or the input: more than one behind a fork."""
        return tuple(queue for queue, filler in enumerate(self.fillers) if filler == node)

    def design(self) -> RtlDesign:
        """Return the design for simulation, with a probe on every queue."""
        return RtlDesign(
            top=self.name,
            sources=tuple(self.path / source for source in self.sources),
            inputs=(self.input,),
            outputs=tuple(self.outputs.values()),
            data_dir=self.path / "data",
            defines={"FINN_SIMULATION": None},  # portable arithmetic instead of DSP primitives
            probes={i: self.queues[i].named(f"p{i}") for i in range(len(self.nodes) - 1 + len(self.joins))},
        )
