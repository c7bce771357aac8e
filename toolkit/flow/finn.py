"""Folders for FINN+'s own builder from a run, made on request; no step of the flow."""

from __future__ import annotations

import shutil
from pathlib import Path

from toolkit.compile import Segments
from toolkit.core.errors import BadOption, OutputPathError
from toolkit.core.outputs import require_folder, writing
from toolkit.core.paths import exists
from toolkit.export import ExitGraphs
from toolkit.families import of_part
from toolkit.families.amd import AmdFamily
from toolkit.flow.rundir import RunDirectory

_README = """\
Exit paths of an early-exit network for FINN+'s builder, a folder each. With Offramp and FINN+ installed:

    cd exit0
    finn build build.yaml model.onnx

build.yaml names steps of Offramp, which convert the graph to layers in RTL, and then FINN+'s own. FINN+ takes
its own RTL library, not the copy that Offramp repairs and verifies: FINN+ 1.6.1 loses data under
back-pressure. Nothing that comes of it is verified here. Without Vivado, FINN+'s builder does not start.
"""


def export_finn(run: Path, out: Path, part: str) -> list[Path]:
    """Write a folder per exit path of a compiled run.

    Args:
        run: run directory, exported and compiled.
        out: new folder.
        part: name of an AMD part.

    Returns:
        The folders.

    Raises:
        BadOption: the part is not AMD's, or the network has residual blocks, which FINN+ does not join.
        OutputPathError: ``out`` is there already, or cannot be written.
        ArtifactError: the run is not compiled, or damaged.
    """
    if not isinstance(of_part(part), AmdFamily):
        raise BadOption("--part", expected="a part of AMD's", found=part)
    if exists(out):
        raise OutputPathError(f"output path {out}", expected="a new folder", found="one that is there")
    require_folder(out)
    directory = RunDirectory(run)
    graphs = ExitGraphs.load(directory.result("export"))
    segments = Segments.load(directory.result("compile"))
    if residual := [one.name for one in segments if one.branch]:
        raise BadOption("residual blocks for FINN+", expected="chains of layers", found=", ".join(residual))
    from toolkit.compile.finn_folder import write_finn_folder

    partial = out.with_name(f"{out.name}.partial")
    with writing(out):
        shutil.rmtree(partial, ignore_errors=True)
        for k, graph in enumerate(graphs.paths):
            write_finn_folder(graph, segments.path(k), part, partial / graph.name)
        (partial / "README.txt").write_text(_README)
        partial.rename(out)
    return [out / graph.name for graph in graphs.paths]
