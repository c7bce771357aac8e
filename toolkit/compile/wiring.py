"""The SystemVerilog module of a segment: its nodes in a chain, with a queue between neighbours."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from toolkit.compile.segment import Node
from toolkit.core.templates import render


def segment_module(name: str, nodes: Iterable[Node]) -> str:
    """Return the text of module ``name``.

    Its parameters are ``FIRST_ID``, the number of its first queue, and ``DEPTH_1`` to ``DEPTH_n``, the depths
    of the queues after node 1 to n. The last node has no queue here; composition adds it.
    """
    return render(Path(__file__).with_name("segment.sv.j2"), name=name, nodes=list(nodes))
