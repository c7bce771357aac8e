"""Cached simulation runs, keyed by simulator, memory images, inputs and stalls."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from toolkit.core.artifact import files_below, sha256_file, sha256_json, write_json
from toolkit.core.errors import ArtifactError
from toolkit.core.reading import read_arrays, read_json
from toolkit.core.sources import code_digest
from toolkit.core.store import Store
from toolkit.sim.design import RtlDesign
from toolkit.sim.pack import Ints
from toolkit.sim.process import Chunk, Limits
from toolkit.sim.result import SimRun, Stamps
from toolkit.sim.stalls import StallPattern

KIND = "simulations"
"""Kind of these entries in the store."""
MOST_BYTES = 1 << 30
"""Size limit of all runs in the store; building a simulator removes the least recently used ones."""
LARGEST = 64 << 20
"""Bytes of outputs and probes above which a run is not stored."""
_ARRAYS, _FIGURES = "arrays.npz", "figures.json"
_CYCLES = ("first_in", "last_in", "first_out", "last_out")
_NUMBERS = ("starts", "cycles", "seconds", "cycles_per_second", "fifo_peak", "fifo_seen", "waited")


def run_key(
    simulator: str,
    design: RtlDesign,
    inputs: Mapping[str, Ints],
    stalls: StallPattern,
    chunks: Sequence[Chunk],
    limits: Limits,
    probes: Collection[int],
    arrivals: Ints | None = None,
) -> str:
    """Return the digest of everything that decides a run.

    Args:
        simulator: digest of the compiled simulator (sources, parameters, compiler, options).
        design: design with its streams and the memory images that it reads at run time.
        inputs: integers of every input stream.
        stalls, chunks, limits: settings of the run; every chunk starts from reset.
        probes: IDs of the FIFOs that are recorded.
        arrivals: earliest cycle of each frame; None: no frame waits.
    """
    return sha256_json(
        {
            "code": code_digest("toolkit.sim"),
            "simulator": simulator,
            "streams": [repr(stream) for stream in (*design.inputs, *design.outputs)],
            "images": image_digests(design),
            "inputs": {name: values_digest(values) for name, values in inputs.items()},
            "stalls": asdict(stalls),
            "chunks": [asdict(chunk) for chunk in chunks],
            "limits": asdict(limits),
            "arrivals": None if arrivals is None else values_digest(arrivals),
            "probes": [[id_, repr(design.probes[id_])] for id_ in sorted(probes)],
        }
    )


def get_or_run(store: Store, key: str, run: Callable[[], SimRun]) -> SimRun:
    """Return the run with this key from the store, or run it and store it.

    Seconds and cycles per second of a cached run are those of the original simulation.
    """
    fresh: list[SimRun] = []

    def make(folder: Path) -> None:
        fresh.append(run())
        _save(fresh[0], folder)

    folder = store.get(KIND, key, make)
    try:
        return fresh[0] if fresh else _load(folder)
    except ArtifactError:  # damaged, or removed by another process since
        return run()


def image_digests(design: RtlDesign) -> dict[str, str]:
    """Return the digests of the files that a design reads at run time, by name."""
    images = files_below(design.data_dir) if design.data_dir else ()
    return {name: sha256_file(path) for name, path in images}


def values_digest(values: Ints) -> str:
    """Return the digest of integers and their shape, independent of their type."""
    content = hashlib.sha256(values.astype(np.int64).tobytes())
    return f"{list(values.shape)} {content.hexdigest()}"


def _save(run: SimRun, folder: Path) -> None:
    arrays = {name: getattr(run, name) for name in _CYCLES}
    arrays |= {f"output {name}": _small(values) for name, values in run.outputs.items()}
    arrays |= {f"stamps {name}": np.stack([one.first, one.last]) for name, one in run.stamps.items()}
    arrays |= {f"probe {id_}": values for id_, values in run.probes.items()}
    np.savez_compressed(folder / _ARRAYS, **arrays)
    write_json(folder / _FIGURES, {name: getattr(run, name) for name in _NUMBERS})


def _load(folder: Path) -> SimRun:
    arrays: dict[str, Any] = read_arrays(folder / _ARRAYS)
    figures = read_json(folder / _FIGURES)

    def named(kind: str) -> dict[str, Any]:
        return {name.partition(" ")[2]: found for name, found in arrays.items() if name.startswith(kind)}

    return SimRun(
        outputs={name: values.astype(np.int64) for name, values in named("output ").items()},
        stamps={name: Stamps(first, last) for name, (first, last) in named("stamps ").items()},
        probes={int(id_): values for id_, values in named("probe ").items()},
        fifo_peak={int(id_): peak for id_, peak in figures.pop("fifo_peak").items()},
        fifo_seen={int(id_): what for id_, what in figures.pop("fifo_seen").items()},
        waited=tuple(figures.pop("waited")),
        starts=tuple(figures.pop("starts")),
        **{name: arrays[name] for name in _CYCLES},
        **figures,
    )


def _small(values: Ints) -> Ints:
    """Return the same integers in the smallest type that holds them."""
    ends = (np.min_scalar_type(int(end)) for end in (values.min(), values.max()))
    return values.astype(np.result_type(*ends))
