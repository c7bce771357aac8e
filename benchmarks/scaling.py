"""Measures how pieces of work scale over worker processes, and what a piece costs.

``python benchmarks/scaling.py [WORKERS ...]`` prints a table: pieces that wait, which shows what distributing
costs on a machine with other work too, and trainings, which need a CPU each. The load is printed.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from toolkit.core.store import Store
from toolkit.pieces import Piece, map_pieces

TRAININGS, EPOCHS = 4, 60
WAITING, WAIT_S = 100, 0.5
SMALL = 200
MODEL, DATASET = "b_lenet_se", "digits"


def trainings() -> list[Piece]:
    """Return float trainings that differ in their seed; workers load PyTorch and FINN+ for them."""
    import hw_models
    from hw_models.description import describe_network
    from toolkit import data
    from toolkit.explore.search.evaluate import trained_float
    from toolkit.train import recipe

    network, digest = describe_network(hw_models.get(MODEL)), data.load(DATASET).digest
    source = {"name": DATASET, "seed": 0}
    options = [recipe(DATASET, seed=seed, float_epochs=EPOCHS).to_json() for seed in range(TRAININGS)]
    return [
        Piece(trained_float, {"network": network, "training": one, "data": digest}, apart={"source": source})
        for one in options
    ]


def waiting(folder: Path, number: int, wait_s: float) -> None:
    """Wait, then write a number; without a wait what is left is the cost of a piece."""
    time.sleep(wait_s)
    (folder / "number").write_text(str(number))


def waits(count: int, wait_s: float) -> list[Piece]:
    """Return pieces that wait."""
    return [Piece(waiting, {"number": number, "wait_s": wait_s}) for number in range(count)]


def seconds(pieces: Sequence[Piece], workers: int) -> float:
    """Return the time that pieces take, with a store that has none of them."""
    with tempfile.TemporaryDirectory() as folder:
        begun = time.monotonic()
        map_pieces(pieces, "pieces", workers=workers, store=Store(Path(folder)))
        return time.monotonic() - begun


def main(every: Sequence[int]) -> None:
    """Measure and print."""
    print(f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f} at the beginning\n")
    seconds(waits(2, 0), 2)  # libraries are loaded
    few, many = seconds(waits(2, 0), 2), seconds(waits(SMALL, 0), 2)
    each = (many - few) / SMALL * 1e3
    print(f"start of 2 workers: {few:.1f} s; a piece that does nothing: {each:.0f} ms\n")
    for what, pieces in (
        (f"{WAITING} pieces that wait {WAIT_S} s", waits(WAITING, WAIT_S)),
        (f"{TRAININGS} float trainings of {MODEL} on {DATASET}, {EPOCHS} epochs each", trainings()),
    ):
        print(f"| {what}: workers | seconds | speed-up | load behind it |\n|---|---|---|---|")
        first = None
        for workers in every:
            took = seconds(pieces, workers)
            first = first or took
            load = os.getloadavg()[0]
            print(f"| {workers} | {took:.1f} | {first / took:.2f} | {load:.1f} |", flush=True)
        print()


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [1, 2])
