"""Compile exported segments, once per folding."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path

from toolkit.boards import Board
from toolkit.compile.collection import Segments
from toolkit.compile.folding.candidates import Folding, Unit
from toolkit.compile.folding.chip import fold_chip, require_luts
from toolkit.compile.segment import Segment
from toolkit.core.errors import BadOption
from toolkit.core.progress import Progress, silent
from toolkit.core.store import Store
from toolkit.core.topology import Part
from toolkit.export import Graph

_PACKAGES = ("finn-plus", "qonnx", "brevitas")
_HERE = Path(__file__).parent


def compile_segments(
    graphs: Iterable[Graph],
    folding: int | Mapping[Part, Folding],
    out_dir: Path,
    *,
    cache_dir: Path | None = None,
    progress: Progress = silent,
) -> Segments:
    """Compile segments to RTL.

    Args:
        graphs: exported segments.
        folding: cycles per frame that no layer may exceed, or the folding of every segment.
        out_dir: receives one folder per segment.
        cache_dir: compiled segments are kept there by digest and not compiled again; by default in Offramp's
            cache folder.
        progress: told of each segment before it is compiled or taken from the cache.

    Returns:
        Compiled segments by part, in the order of the graphs.

    Raises:
        BadOption: a target that is not positive, or the folding of another graph.
        UnsupportedOperator: a layer has no hardware.
        FoldingUnreachable: the target cannot be met; says what can.
        UnsupportedVersion: FINN+ is not the version that the patches were written for.
    """
    if isinstance(folding, int) and folding < 1:
        raise BadOption("cycles per frame", expected="a positive number", found=folding)
    done: dict[Part, Segment] = {}
    graphs = tuple(graphs)
    for graph in graphs:
        progress(f"compile {graph.name}", len(done), len(graphs))
        mine = folding if isinstance(folding, int) else folding[graph.part]
        done[graph.part] = _one(graph, mine, out_dir / graph.name, Store(cache_dir))
    return Segments(done)


def segment_key(graph: Graph, folding: int | Folding) -> str:
    """Digest of all that decides a segment's RTL: graph, folding, packages and this package's code."""
    total = hashlib.sha256(f"{graph.digest} {graph.name} {folding}".encode())
    for package in _PACKAGES:
        total.update(f"{package}=={version(package)};".encode())
    code = [f for f in _HERE.rglob("*") if f.suffix in (".py", ".toml", ".j2")]
    for file in sorted([*code, *(_HERE.parent / "rtl").glob("*.sv")]):
        total.update(file.read_bytes())
    return total.hexdigest()


def fold_for_board(
    graphs: Mapping[Part, Graph],
    on: Board,
    luts: int | None,
    cycles: int | None,
    progress: Progress = silent,
) -> Mapping[Part, Folding]:
    """The folding of every segment of a network that must fit a board.

    Args:
        graphs: exported segments.
        on: the board.
        luts, cycles: as for :func:`toolkit.compile.folding.chip.fold_chip`.
        progress: called with a label, segments done and in all.

    Raises:
        FoldingUnreachable: nothing fits; says what it takes.
    """
    from toolkit.compile.pipeline import segment_menu  # imports FINN+: 5 s

    menus: dict[Part, list[Unit]] = {}
    for part, graph in graphs.items():
        progress("list foldings", len(menus), len(graphs))
        menus[part] = segment_menu(graph, on.part)
    if luts is not None:
        require_luts(menus, luts)
    return fold_chip(menus, on, luts, cycles).foldings


def _one(graph: Graph, folding: int | Folding, out: Path, store: Store) -> Segment:
    def make(folder: Path) -> None:
        from toolkit.compile.pipeline import build_segment  # imports FINN+: 5 s

        build_segment(graph, folding, folder)

    made = store.get("segments", segment_key(graph, folding), make)
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(made, out)
    return Segment.load(out)
