"""Compile exported segments, once per folding."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from pathlib import Path

from toolkit.compile.folding.candidates import Folding
from toolkit.compile.segment import DESCRIPTION, Segment
from toolkit.core.errors import BadOption
from toolkit.export import Graph

_PACKAGES = ("finn-plus", "qonnx", "brevitas")
_HERE = Path(__file__).parent


def compile_segments(
    graphs: Iterable[Graph],
    folding: int | Mapping[str, Folding],
    out_dir: Path,
    *,
    cache_dir: Path | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> dict[str, Segment]:
    """Compile segments to RTL.

    Args:
        graphs: exported segments.
        folding: cycles per frame that no layer may exceed, or the folding of every segment.
        out_dir: receives one folder per segment.
        cache_dir: compiled segments are kept here by digest and not compiled again.
        progress: told the name of each segment before it is compiled or taken from the cache.

    Returns:
        Compiled segments by name.

    Raises:
        BadOption: a target that is not positive, or the folding of another graph.
        UnsupportedOperator: a layer has no hardware.
        FoldingUnreachable: the target cannot be met; says what can.
        UnsupportedVersion: FINN+ is not the version that the patches were written for.
    """
    if isinstance(folding, int) and folding < 1:
        raise BadOption("cycles per frame", expected="a positive number", found=folding)
    done = {}
    for graph in graphs:
        mine = folding if isinstance(folding, int) else folding[graph.name]
        done[graph.name] = _one(graph, mine, out_dir / graph.name, cache_dir, progress)
    return done


def segment_key(graph: Graph, folding: int | Folding) -> str:
    """Digest of all that decides a segment's RTL: graph, folding, packages and this package's code."""
    total = hashlib.sha256(f"{graph.digest} {graph.name} {folding}".encode())
    for package in _PACKAGES:
        total.update(f"{package}=={version(package)};".encode())
    folders = (_HERE, _HERE.parent / "families")  # a segment's description holds estimates
    code = [f for folder in folders for f in folder.rglob("*") if f.suffix in (".py", ".toml", ".j2")]
    for file in sorted([*code, *(_HERE.parent / "rtl").glob("*.sv")]):
        total.update(file.read_bytes())
    return total.hexdigest()


def _one(
    graph: Graph,
    folding: int | Folding,
    out: Path,
    cache_dir: Path | None,
    progress: Callable[[str], None],
) -> Segment:
    progress(graph.name)
    cached = cache_dir / "segments" / segment_key(graph, folding) if cache_dir else None
    if cached and (cached / DESCRIPTION).is_file():
        _replace(out, lambda part: shutil.copytree(cached, part))
        return Segment.load(out)
    from toolkit.compile.pipeline import build_segment  # imports FINN+: 5 s

    _replace(out, lambda part: build_segment(graph, folding, part))
    if cached and not cached.exists():
        _replace(cached, lambda part: shutil.copytree(out, part))
    return Segment.load(out)


def _replace(folder: Path, make: Callable[[Path], object]) -> None:
    """Make a folder under a temporary name and rename it when it is whole."""
    part = folder.with_name(f"{folder.name}.partial-{os.getpid()}")
    shutil.rmtree(part, ignore_errors=True)
    part.parent.mkdir(parents=True, exist_ok=True)
    try:
        make(part)
        shutil.rmtree(folder, ignore_errors=True)
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
