"""Compiles a segment: streamline, infer hardware, fold, convert widths, generate RTL, describe."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from math import prod
from pathlib import Path

from finn.transformation.fpgadataflow.insert_dwc import InsertDWC
from finn.transformation.fpgadataflow.specialize_layers import SpecializeLayers
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.custom_op.registry import getCustomOp
from qonnx.transformation.general import GiveReadableTensorNames

from toolkit import rtl
from toolkit.boards import Board
from toolkit.compile.codegen import Generated, generate
from toolkit.compile.finnplus import finn_session
from toolkit.compile.folding.candidates import Folding, Unit
from toolkit.compile.folding.fold import candidates, fold
from toolkit.compile.hardware import to_hardware
from toolkit.compile.layers import node_layers, transformed
from toolkit.compile.legal import HARDWARE, require_hardware
from toolkit.compile.rtllib import copy_library
from toolkit.compile.segment import STREAMLINED, Segment, digest_files, node_text
from toolkit.compile.streamline import streamline
from toolkit.core.errors import ArtifactError
from toolkit.core.store import scratch
from toolkit.core.templates import render
from toolkit.export import Graph
from toolkit.families.family import REFERENCE_PART

_CONVERTER = "dwc/hdl/vpc.sv"  # always included, since composition may convert widths between segments


def build_segment(graph: Graph, folding: int | Folding, part: str, out: Path) -> None:
    """Compile one segment into the empty folder ``out``; see :func:`toolkit.compile.compile_segments`."""
    with finn_session(), scratch("rtl") as folder:
        streamlined = streamline(graph)
        out.mkdir(parents=True, exist_ok=True)
        streamlined.save(str(out / STREAMLINED))
        model = hardware_model(streamlined, graph, folding)
        generated = list(_generate_all(model, part, folder))
        _write(generated, graph, folding, out)


def list_candidates(graph: Graph, on: Board) -> list[Unit]:
    """List the foldings of a segment; see :func:`toolkit.compile.segment_candidates`."""
    with finn_session():
        return candidates(to_hardware(streamline(graph), graph.name), on)


def hardware_model(streamlined: ModelWrapper, graph: Graph, folding: int | Folding) -> ModelWrapper:
    """Return the folded and named hardware layers of a streamlined graph, with width converters."""
    model = fold(to_hardware(streamlined, graph.name), folding, graph.name)
    model = transformed(model.transform(InsertDWC()), SpecializeLayers(REFERENCE_PART))
    require_hardware(model, graph.name)
    counts: dict[str, int] = {}
    for node in model.graph.node:
        kind = HARDWARE[node.op_type]
        node.name = f"{graph.name}_{kind}{counts.setdefault(kind, 0)}"
        counts[kind] += 1
    model = model.transform(GiveReadableTensorNames())
    _check_streams(model, graph)
    return model


def _check_streams(model: ModelWrapper, graph: Graph) -> None:
    """Check that neighbouring nodes agree on the width of a beat, and that shapes agree with ONNX's."""
    previous = None
    for node in model.graph.node:
        op = getCustomOp(node)
        shape = model.get_tensor_shape(node.input[0])
        if prod(int(n) for n in op.get_normal_input_shape()) != prod(shape):
            raise ArtifactError(f"shape into {node.name}", expected=shape, found=op.get_normal_input_shape())
        if previous is not None and previous.get_outstream_width() != op.get_instream_width():
            raise ArtifactError(
                f"stream into {node.name} of {graph.name}",
                expected=f"{op.get_instream_width()} bits per beat",
                found=previous.get_outstream_width(),
            )
        previous = op


def _generate_all(model: ModelWrapper, part: str, parent: Path) -> Iterator[Generated]:
    for node, layer in zip(model.graph.node, node_layers(model), strict=True):
        folder = parent / node.name
        folder.mkdir()
        yield generate(model, node, layer, part, folder)


def _write(generated: list[Generated], graph: Graph, folding: int | Folding, out: Path) -> None:
    for name in ("lib", "blocks", "rtl", "data"):
        (out / name).mkdir(parents=True)
    library = copy_library(
        out / "lib", dict.fromkeys((_CONVERTER, *(f for g in generated for f in g.library)))
    )
    blocks = dict.fromkeys(["offramp_fifo.sv", "dwc_axi.sv", *(f for g in generated for f in g.own)])
    for block in blocks:
        shutil.copyfile(rtl.FOLDER / block, out / "blocks" / block)
    for item in generated:
        for file in item.sources:
            shutil.copyfile(file, out / "rtl" / file.name)
        for file in item.data:
            shutil.copyfile(file, out / "data" / file.name)
    nodes = tuple(g.node for g in generated)
    module = render(Path(__file__).with_name("segment.sv.j2"), name=graph.name, nodes=nodes)
    (out / "rtl" / f"{graph.name}.sv").write_text(module)
    sources = (
        *(str(f.relative_to(out)) for f in library),
        *(f"blocks/{b}" for b in blocks),
        *(f"rtl/{f.name}" for g in generated for f in g.sources),
        f"rtl/{graph.name}.sv",
    )
    data = tuple(f"data/{f.name}" for g in generated for f in g.data)
    scales = f"{graph.input.scale} {graph.output.scale}"
    description = f"{Segment.FILE} {folding} {graph.digest} {scales} {node_text(nodes)}"
    segment = Segment(
        name=graph.name,
        path=out,
        nodes=nodes,
        input_scale=graph.input.scale,
        output_scale=graph.output.scale,
        graph_digest=graph.digest,
        sources=sources,
        data=data,
        digest=digest_files(out, (*sources, *data), description),
    )
    segment.save(out)
