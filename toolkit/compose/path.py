"""Composes a chain of segments: an exit path, or a stage with a branch for its feature map."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from toolkit import rtl
from toolkit.compile.segment import Node, NodeChain, Segment, digest_files, node_text
from toolkit.compose.accelerator import Accelerator
from toolkit.core.errors import ArtifactError, BadOption
from toolkit.core.stream import connect
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
    """Write the accelerator of a chain of segments: an exit path, or a stage.

    Args:
        name: name of the top module, e.g. ``exit0``.
        segments: compiled segments in stream order.
        out: folder to make.
        depths: depths of the queues, as in :class:`Accelerator`; None: all 2.
        branch: whether the feature map of the first segment is a second output, as in a stage before another.
            A fork passes every word to the next segment and to that output, each at its own pace.

    Raises:
        ArtifactError: the streams of neighbouring segments do not match.
        BadOption: the number of depths is wrong, or one is below 2.
    """
    _check_chain(segments)
    items = chain_items(segments)
    nodes = tuple(node for item in items for node in item.nodes)
    queues = len(nodes) - 1 + branch
    depths = tuple(depths) if depths is not None else (SMALLEST_DEPTH,) * queues
    if len(depths) != queues or min(depths, default=SMALLEST_DEPTH) < SMALLEST_DEPTH:
        raise BadOption(f"queue depths of {name}", expected=f"{queues} of at least 2", found=depths)
    blocks = (rtl.block("fork"),) if branch else ()
    sources, data = copy_files(segments, out, blocks)
    top = f"rtl/{name}.sv"
    (out / top).write_text(top_module(name, items, depths, branch=branch))
    sources = (*sources, top)
    scales = f"{segments[0].input_scale} {segments[-1].output_scale}"
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
        branch=len(segments[0].nodes) - 1 if branch else None,
        map_scale=segments[0].output_scale if branch else None,
    )
    accelerator.save(out)
    return accelerator


@dataclass(frozen=True)
class Item(NodeChain):
    """One instance in the top module: a segment, or a width converter between two.

    Attributes:
        name: prefix of the instance.
        module: name of the module.
        nodes: hardware layers of the instance.
        prefixes: names of its input and output stream ports.
        parameters: module parameters other than queue depths.
    """

    name: str
    module: str
    nodes: tuple[Node, ...]
    prefixes: tuple[str, str] = ("in0_V", "out0_V")
    parameters: tuple[tuple[str, int], ...] = ()


def chain_items(segments: Sequence[Segment]) -> list[Item]:
    """Return the segments in order, with a width converter wherever neighbours differ in lanes."""
    items: list[Item] = []
    for segment in segments:
        if items and items[-1].output.lanes != segment.input.lanes:
            items.append(_converter(items[-1], segment))
        items.append(Item(segment.name, segment.name, segment.nodes))
    return items


def _converter(left: Item, right: Segment) -> Item:
    name = f"{left.name}_to_{right.name}"
    node = Node(
        name=name,
        kind="width",
        layer=right.nodes[0].layer,
        module="dwc_axi",
        input=left.output,
        output=right.input,
        attributes={"inWidth": left.output.width, "outWidth": right.input.width},
        cycles=max(left.output.beats, right.input.beats),
    )
    bits = (("IBITS", left.output.width), ("OBITS", right.input.width))
    return Item(name, "dwc_axi", (node,), ("s_axis", "m_axis"), bits)


def top_module(name: str, items: Sequence[Item], depths: Sequence[int], *, branch: bool = False) -> str:
    """Return the text of the top module: an instance per item, queues between, and a fork after the first."""
    parts, first = [], 0
    for item in items:
        last = first + len(item.nodes) - 1
        parameters = [*item.parameters]
        if item.module == item.name:
            parameters += [(f"DEPTH_{i}", depth) for i, depth in enumerate(depths[first:last], start=1)]
            parameters.append(("FIRST_ID", first))
        parts.append({"item": item, "parameters": parameters, "queue": last, "depth": (*depths, 0)[last]})
        first = last + 1
    fork = {"port": items[0].output, "depth": depths[-1], "queue": first - 1} if branch else None
    return render(Path(__file__).with_name("path.sv.j2"), name=name, parts=parts, fork=fork)


def _check_chain(segments: Sequence[Segment]) -> None:
    for left, right in itertools.pairwise(segments):
        what, fix = f"stream from {left.name} to {right.name}", "Compile both from one export."
        connect(left.output, right.input, what, converted=True, fix=fix)
        if left.output_scale != right.input_scale:
            expected, found = f"scale {right.input_scale}", f"scale {left.output_scale}"
            raise ArtifactError(what, expected=expected, found=found, fix=fix)


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
