"""The SystemVerilog module of a segment: its nodes in a chain, a queue between every two."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from toolkit.compile.segment import Node
from toolkit.core.templates import render


def segment_module(name: str, nodes: Iterable[Node]) -> str:
    """Text of module ``name``.

    Parameters of the module: ``FIRST_ID``, the number of its first queue, and ``DEPTH_1`` to ``DEPTH_n``,
    the depth of the queue behind node 1 to n; the last node has none, composition puts one there.
    """
    return render(Path(__file__).with_name("segment.sv.j2"), name=name, nodes=list(nodes))
