"""Composes segments: an exit path, or a stage with a branch for its feature map."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from toolkit import rtl
from toolkit.compile.segment import Segment, digest_files, node_text
from toolkit.compose.accelerator import Accelerator
from toolkit.compose.items import Arrangement, Item, arrange
from toolkit.core.errors import ArtifactError, BadOption
from toolkit.core.templates import render

SMALLEST_DEPTH = 2


def compose_chain(
    name: str,
    segments: Sequence[Segment],
    out: Path,
    depths: Sequence[int] | None = None,
    *,
    branch: bool = False,
) -> Accelerator:
    """Write the accelerator of consecutive segments: an exit path, or a stage.

    Args:
        name: name of the top module, e.g. ``exit0``.
        segments: compiled segments in stream order.
        out: folder to make.
        depths: depths of the queues, as in :class:`Accelerator`; None: all 2.
        branch: whether the feature map of the trunk is a second output, as in a stage before another. A fork
            passes every word to the head and to that output, each at its own pace.

    Raises:
        ArtifactError: the streams of neighbouring segments do not match.
        BadOption: the number of depths is wrong, or one is below 2.
    """
    arrangement = arrange(segments)
    nodes, joins = arrangement.nodes, arrangement.joins
    queues = len(nodes) - 1 + len(joins) + branch
    depths = tuple(depths) if depths is not None else (SMALLEST_DEPTH,) * queues
    if len(depths) != queues or min(depths, default=SMALLEST_DEPTH) < SMALLEST_DEPTH:
        raise BadOption(f"queue depths of {name}", expected=f"{queues} of at least 2", found=depths)
    wanted = {"add": bool(joins), "fork": bool(joins) or branch}
    sources, data = copy_files(segments, out, [rtl.block(block) for block, used in wanted.items() if used])
    top = f"rtl/{name}.sv"
    (out / top).write_text(top_module(name, arrangement, depths, branch=branch))
    sources = (*sources, top)
    scales = f"{segments[0].input_scale} {segments[-1].output_scale}"
    map_scale = next(s.output_scale for s in reversed(segments) if not s.part.is_head) if branch else None
    accelerator = Accelerator(
        name=name,
        path=out,
        segments=tuple(s.name for s in segments),
        nodes=nodes,
        depths=depths,
        sources=sources,
        data=data,
        input_scale=segments[0].input_scale,
        output_scale=segments[-1].output_scale,
        digest=digest_files(out, (*sources, *data), f"{name} {scales} {node_text(nodes)}"),
        branch=arrangement.map_node if branch else None,
        map_scale=map_scale,
        joins=joins,
    )
    accelerator.save(out)
    return accelerator


def top_module(name: str, arrangement: Arrangement, depths: Sequence[int], *, branch: bool = False) -> str:
    """Return the text of the top module: an instance per item, queues between them, and forks."""
    wiring = _Wiring(arrangement, depths, branch=branch)
    return render(
        Path(__file__).with_name("path.sv.j2"),
        name=name,
        input=arrangement.nodes[0].input,
        map=arrangement.nodes[arrangement.map_node or 0].output if branch else None,
        parts=wiring.parts(),
        input_forks=wiring.forks(None, "in0"),
    )


@dataclass(frozen=True)
class _Wiring:
    """What the template needs about queues and forks."""

    arrangement: Arrangement
    depths: Sequence[int]
    branch: bool

    def parts(self) -> list[dict[str, Any]]:
        """Return every instance with its parameters, the forks behind it and its queue."""
        found, first, items = [], 0, self.arrangement.items
        for item in items:
            last = first + len(item.nodes) - 1
            parameters = [*item.parameters]
            if item.module == item.name:
                inside = self.depths[first:last]
                parameters += [(f"DEPTH_{i}", depth) for i, depth in enumerate(inside, start=1)]
                parameters.append(("FIRST_ID", first))
            forks = self.forks(last, item.name)
            part = {"item": item, "parameters": parameters, "forks": forks, "queue": None}
            if item is not items[-1]:
                sink, signal = self._reader(last)
                part |= {"queue": last, "depth": self.depths[last], "sink": signal}
                part |= {"sink_bits": sink.input_bits, "source": forks[-1]["output"] if forks else item.name}
            found.append(part)
            first = last + 1
        return found

    def forks(self, node: int | None, source: str) -> list[dict[str, Any]]:
        """Return the forks behind a node, or the input: to the map's output, to shortcuts."""
        found: list[dict[str, Any]] = []

        def add(queue: int, **more: Any) -> None:
            before = found[-1]["output"] if found else source
            stream = self.arrangement.nodes[node or 0]
            found.append({
                "source": before, "output": f"{before}_fork", "depth": self.depths[queue], "queue": queue,
                "stream": stream.input if node is None else stream.output, **more,
            })  # fmt: skip

        if self.branch and node is not None and node == self.arrangement.map_node:
            bits = self.arrangement.nodes[node].output.tdata_bits
            says = "The feature map goes to the head and out."
            add(len(self.depths) - 1, name="map", says=says, sink="out1_V_t", sink_bits=bits)
        for number, join in enumerate(self.arrangement.joins):
            if join.main - 1 == (-1 if node is None else node):
                sink = self._item_at(join.shortcut)
                add(
                    len(self.arrangement.nodes) - 1 + number,
                    name=f"{sink.name}_way",
                    says="A residual block: main branch and shortcut.",
                    sink=f"{sink.name}_s_",
                    sink_bits=sink.input_bits,
                )
        return found

    def _reader(self, node: int) -> tuple[Item, str]:
        """Return the instance behind a node, and the signals of its input."""
        for join in self.arrangement.joins:
            for end, last in enumerate((join.shortcut - 1, join.add - 1)):
                if node == last:
                    adder = self._item_at(join.add)
                    return adder, f"{adder.name}_s{end}"
        found = self._item_at(node + 1)
        return found, f"{found.name}_s"

    def _item_at(self, node: int) -> Item:
        """Return the instance that begins with a node."""
        first = 0
        for item in self.arrangement.items:
            if first == node:
                return item
            first += len(item.nodes)
        raise AssertionError(node)


def copy_files(
    parts: Sequence[Segment] | Sequence[Accelerator],
    out: Path,
    blocks: Sequence[Path],
    generated: Mapping[str, str] = MappingProxyType({}),
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Copy the files of all parts to ``out``, each once, blocks of ours, and generated ones (text by name).

    Returns:
        Sources in compile order (packages, library, blocks, generated), and memory images.

    Raises:
        ArtifactError: two parts have different files with the same name.
    """
    files = {f"blocks/{block.name}": block for block in blocks}
    for part in parts:
        for name in (*part.sources, *part.data):
            known = files.setdefault(name, part.path / name)
            if known.read_bytes() != (part.path / name).read_bytes():
                raise ArtifactError(
                    f"{name} of {part.name}", expected=f"the same file as {known}", fix="Compile again."
                )
    for name, source in files.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, out / name)
    texts = {f"blocks/{name}": text for name, text in generated.items()}
    for name, text in texts.items():
        (out / name).write_text(text)
    order = {"lib": 1, "blocks": 2, "rtl": 3}
    sources = [n for n in (*texts, *files) if not n.startswith("data/")]
    sources.sort(key=lambda n: 0 if n.endswith("_pkg.sv") else order[n.split("/")[0]])
    return tuple(sources), tuple(n for n in files if n.startswith("data/"))
