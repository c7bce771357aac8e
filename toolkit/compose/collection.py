"""The accelerators of a network: one per exit path, with sized queues, and one per stage."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from toolkit.compile import Segment, Segments
from toolkit.compose.accelerator import Accelerator
from toolkit.compose.items import arrange
from toolkit.compose.path import SMALLEST_DEPTH, compose_chain
from toolkit.compose.sizing import FRAMES, Sizing, size_queues
from toolkit.core.progress import Progress, silent
from toolkit.core.topology import path_name, stage_name


@dataclass(frozen=True)
class Accelerators:
    """The accelerators of a network, each in a folder of its own.

    Attributes:
        paths: accelerators of exit path 0, 1, ...; their folders contain a :class:`Sizing` as well.
        stages: accelerators of stage 0, 1, ...
    """

    paths: tuple[Accelerator, ...]
    stages: tuple[Accelerator, ...]

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the accelerators in ``folder``, which may be empty.

        Raises:
            ArtifactError: an accelerator is damaged.
        """

        def found(name: Callable[[int], str]) -> tuple[Accelerator, ...]:
            folders = (folder / name(k) for k in itertools.count())
            return tuple(map(Accelerator.load, itertools.takewhile(Accelerator.exists, folders)))

        return cls(found(path_name), found(stage_name))

    @property
    def sizings(self) -> tuple[Sizing, ...]:
        """Sizing of every exit path's queues."""
        return tuple(Sizing.load(path.path) for path in self.paths)


def compose_network(
    segments: Segments,
    out: Path,
    cache_dir: Path | None = None,
    progress: Progress = silent,
) -> Accelerators:
    """Compose every exit path and every stage.

    Args:
        segments: segments of the whole network.
        out: folder that receives a folder per accelerator.
        cache_dir: folder that caches compiled simulations; by default Offramp's cache folder.
        progress: callback for the exits that are done.

    Raises:
        ArtifactError: the streams of neighbouring segments do not match.
        SimulationError: an exit path does not run, or does not reach its throughput.
    """
    paths, stages, topology = [], [], segments.topology
    for k in topology.indices:
        progress("size queues", k, topology.exits)
        path = compose_sized(path_name(k), segments.path(k), out, cache_dir)
        paths.append(path)
        stages.append(
            _stage(path, segments.stage(k), out / stage_name(k), cache_dir, last=k == topology.last)
        )
    return Accelerators(tuple(paths), tuple(stages))


def compose_sized(
    name: str, segments: list[Segment], out: Path, cache_dir: Path | None = None, *, branch: bool = False
) -> Accelerator:
    """Compose segments with sized queues in ``out/name``; errors as :func:`compose_network`."""
    draft = compose_chain(name, segments, out / f"{name}.draft", branch=branch)
    # Timing does not depend on the values, so random frames will do.
    stream = draft.input
    shape = (FRAMES, stream.beats, stream.lanes)
    frames = np.random.default_rng(0).integers(stream.low, stream.high + 1, shape)
    sizing = size_queues(draft, frames, cache_dir)
    shutil.rmtree(draft.path)
    accelerator = compose_chain(name, segments, out / name, sizing.depths, branch=branch)
    sizing.save(accelerator.path)
    return accelerator


def _stage(
    path: Accelerator, segments: list[Segment], out: Path, cache_dir: Path | None, *, last: bool
) -> Accelerator:
    """Compose stage k; its layers are the end of exit path k, so its queues have the same depths.

    With residual blocks they are sized anew: what is in front of a block decides what a queue in it holds.
    """
    arrangement = arrange(segments)
    if arrangement.joins:
        return compose_sized(out.name, segments, out.parent, cache_dir, branch=not last)
    known = {node.name: depth for node, depth in zip(path.nodes, path.depths, strict=False)}
    depths = [known[node.name] for node in arrangement.nodes[:-1]]
    behind_map = [] if last else [SMALLEST_DEPTH]
    return compose_chain(out.name, segments, out, [*depths, *behind_map], branch=not last)
