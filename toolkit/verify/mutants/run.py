"""Makes mutants of a network's exit paths and asks directed verification about each."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from functools import partial
from math import ceil
from pathlib import Path

import numpy as np

from toolkit.compose import Accelerator, Accelerators
from toolkit.core.env import settings
from toolkit.core.errors import SimulationError, VerificationMismatch
from toolkit.core.process import Running, side_by_side
from toolkit.core.progress import Progress
from toolkit.core.store import scratch
from toolkit.export import ExitGraphs
from toolkit.sim import Simulator, build
from toolkit.verify.directed.apart import Apart
from toolkit.verify.directed.arithmetic import linear_layers
from toolkit.verify.directed.whole import Whole, fill, require_depths
from toolkit.verify.mutants.images import BitFlip, bit_flips, change_depth, flip_bias, has_bias
from toolkit.verify.mutants.netlist import ARGUMENT, Netlist, mutated
from toolkit.verify.mutants.proof import proofs
from toolkit.verify.mutants.result import Kind, Mutant, Mutants
from toolkit.verify.simulation import simulator_for

SHARES: dict[Kind, float] = {"weight": 0.18, "threshold": 0.18, "bias": 0.02, "depth": 0.02}
"""Share of each kind; the rest are faults in the RTL."""
_IMAGES: tuple[Kind, ...] = ("weight", "threshold")
_TEXTS: dict[Kind, Callable[[Accelerator, np.random.Generator], str]] = {
    "bias": flip_bias,
    "depth": change_depth,
}


class MutationRun:
    """Mutants of one network.

    Args:
        graphs: exported graphs.
        accelerators: accelerators of the network; the exit paths are mutated, in copies.
        seed: seed of the choice.
        progress: callback for the mutants.
    """

    def __init__(self, graphs: ExitGraphs, accelerators: Accelerators, seed: int, progress: Progress) -> None:
        self.graphs, self.paths, self.seed, self.progress = graphs, accelerators.paths, seed, progress
        self.layers = linear_layers(graphs)
        self.done = 0

    def run(self, count: int) -> Mutants:
        """Make about ``count`` mutants, some of each kind on every exit path, and return what was found.

        Raises:
            VerificationMismatch: the accelerators are wrong as they are.
            ToolMissing, ToolFailed: a tool is missing, or refuses a design.
        """
        found: list[Mutant] = []
        for index, path in enumerate(self.paths):
            share = count * (index + 1) // len(self.paths) - count * index // len(self.paths)
            found += self._path(path, share, np.random.default_rng([self.seed, index]), count)
        return Mutants(seed=self.seed, mutants=tuple(found))

    def _path(self, path: Accelerator, count: int, rng: np.random.Generator, total: int) -> list[Mutant]:
        share = {kind: ceil(count * part) for kind, part in SHARES.items()}
        share["bias"] *= has_bias(path)
        apart = Apart(path, self.layers, self.seed)
        watched = build(path.design(), observe=True, stall_inside=True, quick=True)
        whole, _ = fill(path, self.graphs, self.layers, self.seed, watched)
        simulator = simulator_for(path, 0, cut=True, quick=True)
        verdicts = {"bias": partial(_verdict_of, apart), "depth": partial(_verdict_of_whole, whole)}
        with scratch("mutants") as folder:
            asked: list[Callable[[], Mutant]] = []
            for kind in _IMAGES:
                flips = bit_flips(path, kind, share[kind], rng)
                asked += [partial(self._image, apart, simulator, flip, folder) for flip in flips]
            for kind, change in _TEXTS.items():
                seeds = rng.integers(1 << 32, size=share[kind])
                ask = partial(_text, path, kind, change, verdicts[kind], folder=folder)
                asked += [partial(ask, int(seed)) for seed in seeds]
            (folder / "netlist").mkdir()
            netlist = mutated(
                path, max(1, count - len(asked)), int(rng.integers(1 << 31)), folder / "netlist"
            )
            compiled = build(netlist.design, cut=True, quick=True)
            control = (
                _verdict(apart, simulator),
                _verdict(apart, compiled, (f"+{ARGUMENT}=0",)),
                _verdict_of_whole(whole, path),
            )
            if said := "".join(control):
                what = f"{path.name} without a mutant"
                raise VerificationMismatch(what, expected="no difference", found=said)
            numbers = range(1, len(netlist.wheres) + 1)
            asked += [partial(self._netlist, apart, compiled, netlist, number) for number in numbers]
            return self._proved(netlist, self._side_by_side(asked, total))

    def _side_by_side(self, asked: Iterable[Callable[[], Mutant]], total: int) -> list[Mutant]:
        def one(ask: Callable[[], Mutant]) -> Mutant:
            answer = ask()
            self.done += 1
            self.progress("mutants", self.done, total)
            return answer

        return side_by_side(one, asked, settings().jobs, Running())

    def _image(self, apart: Apart, simulator: Simulator, flip: BitFlip, folder: Path) -> Mutant:
        path = apart.accelerator
        copy = folder / f"{flip.image}-{flip.word}-{flip.bit}"
        if not copy.exists():
            flip.apply(path.path / "data", copy)
        said = _verdict(apart, simulator.with_images(copy))
        return Mutant(accelerator=path.name, kind=flip.kind, where=str(flip), found=said)

    def _netlist(self, apart: Apart, simulator: Simulator, netlist: Netlist, number: int) -> Mutant:
        said = _verdict(apart, simulator, (f"+{ARGUMENT}={number}",))
        where = netlist.wheres[number - 1]
        return Mutant(accelerator=apart.accelerator.name, kind="netlist", where=where, found=said)

    def _proved(self, netlist: Netlist, found: list[Mutant]) -> list[Mutant]:
        first = len(found) - len(netlist.wheres)
        open_ones = [i for i, one in enumerate(found) if one.kind == "netlist" and not one.found]
        proved = proofs(netlist, [i - first + 1 for i in open_ones])
        for i, proof in zip(open_ones, proved, strict=True):
            found[i] = found[i].model_copy(update={"proof": proof})
        return found


def _text(
    path: Accelerator,
    kind: Kind,
    change: Callable[[Accelerator, np.random.Generator], str],
    verdict: Callable[[Accelerator], str],
    seed: int,
    folder: Path,
) -> Mutant:
    copy = path.model_copy(update={"path": shutil.copytree(path.path, folder / f"{kind}-{seed}")})
    where = change(copy, np.random.default_rng(seed))
    return Mutant(accelerator=path.name, kind=kind, where=where, found=verdict(copy))


def _verdict(apart: Apart, simulator: Simulator, arguments: tuple[str, ...] = ()) -> str:
    """Return what the check of layers driven alone says, with and without stalls; empty: nothing."""
    try:
        apart.check(simulator, arguments)
    except VerificationMismatch as error:  # a simulation that breaks off says nothing of the mutant
        return str(error)
    return ""


def _verdict_of(apart: Apart, copy: Accelerator) -> str:
    return _verdict(apart, build(copy.design(), cut=True, quick=True))


def _verdict_of_whole(whole: Whole, copy: Accelerator) -> str:
    """Return what the check of the whole accelerator says; empty: nothing."""
    simulator = build(copy.design(), observe=True, stall_inside=True, quick=True)
    try:
        runs = [whole.run(simulator, pattern) for pattern in whole.holds()]
        for run in runs:
            whole.require(run)
        require_depths(copy, runs)
    except (VerificationMismatch, SimulationError) as error:
        return str(error)
    return ""
