"""``offramp mutants``: put random faults into a run's accelerators, to see that verification finds them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from toolkit.cli.options import QUIET, argument, taken
from toolkit.core.store import Store
from toolkit.flow.declaration import Option

COUNT = Option("Faults to try.", name="count", kind=int, low=20, high=10_000)
SEED = Option("Seed of their choice.", name="seed", kind=int, low=0, high=2**32 - 1)


def mutants(
    run: Annotated[Path, argument("RUN", "A run directory whose accelerators are composed.")],
    count: Annotated[int, taken(COUNT)] = 200,
    seed: Annotated[int, taken(SEED)] = 1,
    quiet: QUIET = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")] = False,
) -> None:
    """Put faults into copies of the exit paths: weights, thresholds, biases, operators, wires, depths.

    Lists every fault that verification did not find, with the proof that it changes nothing where there is
    one; the exit code is 1 if one without such a proof is left.
    """
    COUNT.check(count)
    SEED.check(seed)
    Store().require()
    from toolkit.cli.progress import make_reporter
    from toolkit.flow.mutants import make_mutants

    reporter = make_reporter(quiet or as_json)
    found = make_mutants(run, count, seed, reporter.progress)
    if as_json:
        print(json.dumps(found.model_dump(mode="json"), indent=2))
    else:
        for one in found.mutants:
            if not one.found:
                print(f"{one.accelerator}, {one.kind}: {one.where}: {one.proof or 'missed'}")
        print(found.message)
    if found.missed:
        raise typer.Exit(1)
