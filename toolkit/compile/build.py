"""Compiles segments and lists their foldings, cached by content in the store."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import ClassVar

from toolkit.boards import Board
from toolkit.compile.collection import Segments
from toolkit.compile.folding.candidates import Folding, Unit
from toolkit.compile.folding.chip import fold_chip, require_luts
from toolkit.compile.segment import Segment
from toolkit.core.artifact import Artifact, sha256_json
from toolkit.core.errors import BadOption
from toolkit.core.progress import Progress, silent
from toolkit.core.sources import code_digest
from toolkit.core.store import Store
from toolkit.core.topology import Part
from toolkit.export import Graph
from toolkit.families.family import REFERENCE_PART
from toolkit.families.resources import Resources

_PACKAGES = ("finn-plus", "qonnx", "brevitas")


class Candidates(Artifact):
    """The candidates for the folding of a segment, as stored."""

    FILE: ClassVar[str] = "candidates.json"

    units: tuple[Unit, ...]


def compile_segments(
    graphs: Iterable[Graph],
    folding: int | Mapping[Part, Folding],
    out_dir: Path,
    *,
    part: str = REFERENCE_PART,
    cache_dir: Path | None = None,
    progress: Progress = silent,
) -> Segments:
    """Compile segments to RTL.

    Args:
        graphs: exported segments.
        folding: largest number of cycles per frame of a layer, or the folding of every segment.
        out_dir: folder that receives one folder per segment.
        part: part of AMD whose kind of DSP block products are made for.
        cache_dir: folder that caches compiled segments; by default Offramp's cache folder.
        progress: callback, called before each segment.

    Returns:
        Compiled segments by part, in the order of the graphs.

    Raises:
        BadOption: the number of cycles is not positive, or a folding belongs to another graph.
        UnsupportedOperator: a layer has no hardware.
        FoldingUnreachable: no folding is as fast; names the fastest.
        UnsupportedVersion: FINN+ is not of the version that the patches were written for.
    """
    if isinstance(folding, int) and folding < 1:
        raise BadOption("cycles per frame", expected="a positive number", found=folding)
    done: dict[Part, Segment] = {}
    graphs = tuple(graphs)
    for graph in graphs:
        progress(f"compile {graph.name}", len(done), len(graphs))
        mine = folding if isinstance(folding, int) else folding[graph.part]
        done[graph.part] = _one(graph, mine, part, out_dir / graph.name, Store(cache_dir))
    return Segments(done)


def segment_key(graph: Graph, folding: int | Folding, part: str = REFERENCE_PART) -> str:
    """Return the digest of all inputs of a segment's RTL: graph, folding, part, packages, compiler."""
    return sha256_json([*_given(graph), str(folding), part, *_compiler()])


def segment_candidates(graph: Graph, on: Board, *, cache_dir: Path | None = None) -> tuple[Unit, ...]:
    """Return every possible folding of a segment, with resources as estimated for a board and its tools.

    Args:
        graph: exported segment.
        on: board.
        cache_dir: folder that caches the list; by default Offramp's cache folder.
    """

    def make(folder: Path) -> None:
        from toolkit.compile.pipeline import list_candidates  # imports FINN+: 5 s

        Candidates(units=tuple(list_candidates(graph, on))).save(folder)

    key = sha256_json([*_given(graph), on.part, on.tools, *_compiler()])
    return Candidates.load(Store(cache_dir).get("candidates", key, make)).units


def _given(graph: Graph) -> list[str]:
    return [graph.name, graph.digest, repr((graph.input, graph.output, graph.layers))]


def _compiler() -> list[str]:
    """Return the identity of the compiler: packages by version, our own code by content."""
    return [*(f"{name}=={version(name)}" for name in _PACKAGES), code_digest("toolkit.compile.pipeline")]


def fold_for_board(
    graphs: Mapping[Part, Graph],
    on: Board,
    link: Resources,
    luts: int | None,
    cycles: int | None,
    progress: Progress = silent,
) -> Mapping[Part, Folding]:
    """Return the folding of every segment of a network that must fit a board.

    Args:
        graphs: exported segments.
        on: board with the chip.
        link, luts, cycles: as for :func:`toolkit.compile.folding.chip.fold_chip`.
        progress: callback for the segments whose foldings are listed.

    Raises:
        FoldingUnreachable: no folding fits; states the resources that are needed.
    """
    segments: dict[Part, tuple[Unit, ...]] = {}
    for part, graph in graphs.items():
        progress("list foldings", len(segments), len(graphs))
        segments[part] = segment_candidates(graph, on)
    if luts is not None:
        require_luts(segments, on, link, luts)
    return fold_chip(segments, on, link, luts, cycles).foldings


def _one(graph: Graph, folding: int | Folding, part: str, out: Path, store: Store) -> Segment:
    def make(folder: Path) -> None:
        from toolkit.compile.pipeline import build_segment  # imports FINN+: 5 s

        build_segment(graph, folding, part, folder)

    made = store.get("segments", segment_key(graph, folding, part), make)
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(made, out)
    return Segment.load(out)
