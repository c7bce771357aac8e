"""The instances of a top module, in stream order, and how their streams meet.

Segments follow each other with a width converter wherever two differ in lanes. A residual block is a fork,
its two branches and an adder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from toolkit.compile.converter import converter_cycles
from toolkit.compile.segment import Node, NodeChain, Segment
from toolkit.compose.accelerator import Join
from toolkit.core.errors import ArtifactError
from toolkit.core.stream import Stream, connect
from toolkit.core.topology import Part, Topology

_FIX = "Compile both from one export."


class End(NamedTuple):
    """An input of an instance: prefix of the module's ports, and of the signals of the top module."""

    port: str
    signal: str


@dataclass(frozen=True)
class Item(NodeChain):
    """One instance in the top module: a segment, a width converter or an adder.

    Attributes:
        name: prefix of the instance.
        module: name of the module.
        nodes: hardware layers of the instance.
        inputs: its inputs.
        output_port: prefix of the output's ports.
        clock, reset: ports of clock and reset.
        parameters: module parameters other than queue depths.
        padded: whether its streams are padded to whole bytes.
    """

    name: str
    module: str
    nodes: tuple[Node, ...]
    inputs: tuple[End, ...] = (End("in0_V_t", "s"),)
    output_port: str = "out0_V_t"
    clock: str = "ap_clk"
    reset: str = "ap_rst_n"
    parameters: tuple[tuple[str, int], ...] = ()
    padded: bool = True

    @property
    def input_bits(self) -> int:
        """Bits of the data of an input."""
        return self.input.tdata_bits if self.padded else self.input.width

    @property
    def output_bits(self) -> int:
        """Bits of the data of the output."""
        return self.output.tdata_bits if self.padded else self.output.width


@dataclass(frozen=True)
class Arrangement:
    """The instances of an accelerator.

    Attributes:
        items: instances in stream order: behind a fork the main branch, then the shortcut, then the adder.
        joins: residual blocks.
        map_node: index of the node that gives the output of the last trunk; None without a trunk.
    """

    items: tuple[Item, ...]
    joins: tuple[Join, ...]
    map_node: int | None

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Hardware layers in stream order."""
        return tuple(node for item in self.items for node in item.nodes)


def arrange(segments: Sequence[Segment]) -> Arrangement:
    """Arrange the segments of consecutive parts, in order.

    Raises:
        ArtifactError: streams that meet do not match.
    """
    return _Arranging(segments).done()


class _Arranging:
    """An arrangement under construction."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self.segments = {segment.part: segment for segment in segments}
        self.topology = Topology.around(self.segments)
        self.items: list[Item] = []
        self.count = 0
        self.input = segments[0].input
        self.behind: dict[Part, tuple[str, Stream]] = {}
        self.starts: dict[Part, int] = {}
        self.joins: list[Join] = []

    def done(self) -> Arrangement:
        trunk_end = None
        for part, segment in self.segments.items():
            before = self._before(part)
            self.starts[part] = self.count
            self._add(*self._converted(before, segment.input, segment.name, segment.nodes[0].layer))
            self._add(Item(segment.name, segment.name, segment.nodes))
            self.behind[part] = segment.name, segment.output
            trunk_end = trunk_end if part.is_head else self.count - 1
        return Arrangement(tuple(self.items), tuple(self.joins), trunk_end)

    def _add(self, *items: Item) -> None:
        self.items += items
        self.count += sum(len(item.nodes) for item in items)

    def _before(self, part: Part) -> tuple[str, Stream]:
        """Return name and stream of what a part reads; adds the adder of a block in front of it."""
        segment = self.segments[part]
        sources = [source for source in self.topology.sources(part) if source in self.behind]
        for source in sources:
            left = self.segments[source]
            what = f"stream from {left.name} to {segment.name}"
            if len(sources) == 1:
                connect(left.output, segment.input, what, converted=True, fix=_FIX)
            if left.output_scale != segment.input_scale:
                expected, found = f"scale {segment.input_scale}", f"scale {left.output_scale}"
                raise ArtifactError(what, expected=expected, found=found, fix=_FIX)
        if len(sources) < 2:
            return self.behind[sources[0]] if sources else ("in0", self.input)
        main, shortcut = sources
        adder = self._adder(main, shortcut)
        connect(adder.output, segment.input, f"sum in front of {segment.name}", converted=True, fix=_FIX)
        return adder.name, adder.output

    def _adder(self, main: Part, shortcut: Part) -> Item:
        stream, (_, other) = self.behind[main][1], self.behind[shortcut]
        connect(other, stream, f"branches {main} and {shortcut}", converted=True, fix=_FIX)
        name = main.sum_name.replace(".", "_")
        self._add(*self._converted(self.behind[shortcut], stream, name, main.sum_name))
        adder = _adder(name, main.sum_name, stream)
        self.joins.append(Join(main=self.starts[main], shortcut=self.starts[shortcut], add=self.count))
        self._add(adder)
        return adder

    def _converted(self, left: tuple[str, Stream], right: Stream, reader: str, layer: str) -> list[Item]:
        """Return the width converter between two streams, if they need one."""
        name, stream = left
        if stream.lanes == right.lanes:
            return []
        name = f"{name}_to_{reader}"
        node = Node(
            name=name,
            kind="width",
            layer=layer,
            module="dwc_axi",
            input=stream,
            output=right,
            attributes={"inWidth": stream.width, "outWidth": right.width},
            cycles=converter_cycles(stream, right),
        )
        bits = (("IBITS", stream.width), ("OBITS", right.width))
        return [Item(name, "dwc_axi", (node,), (End("s_axis_t", "s"),), "m_axis_t", parameters=bits)]


def _adder(name: str, layer: str, stream: Stream) -> Item:
    node = Node(
        name=name,
        kind="add",
        layer=layer,
        module="offramp_add",
        input=stream.named("in0_V"),
        output=Stream("out0_V", stream.element_bits + 1, True, stream.lanes, stream.beats, stream.shape),
        attributes={"LANES": stream.lanes, "BITS": stream.element_bits},
        cycles=stream.beats,
    )
    return Item(
        name,
        "offramp_add",
        (node,),
        (End("s0_", "s0"), End("s1_", "s1")),
        "m_",
        clock="clk",
        reset="rst_n",
        parameters=(("LANES", stream.lanes), ("BITS", stream.element_bits)),
        padded=False,
    )
