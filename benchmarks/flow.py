"""Time of the whole flow from nothing, of a rerun, memory and simulation speed, each against its goal.

    .venv/bin/python benchmarks/flow.py [MODEL] [--dataset D] [further options of `offramp build`]

Caches are cold: run directory and cache folder are temporary. Everything printed was measured in this run.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

OFFRAMP = Path(sys.executable).parent / "offramp"
MINUTE = 60.0
GOALS = {  # seconds, by (model, dataset)
    ("b_lenet_se", "digits"): 5 * MINUTE,
    ("b_lenet_fcn", "mnist"): 20 * MINUTE,
}
RERUN_GOAL, MEMORY_GOAL = 10.0, 4.0
SPEED_GOALS = {"exit0": 300_000, "exit1": 100_000}


def main(arguments: list[str]) -> None:
    """Run the flow twice and print what it took."""
    with tempfile.TemporaryDirectory(prefix="offramp-benchmark-") as name:
        folder = Path(name)
        environment = {**os.environ, "OFFRAMP_CACHE_DIR": str(folder / "cache")}
        command = [str(OFFRAMP), "build", *arguments, "--out", str(folder / "run"), "--json", "--quiet"]
        first, result = timed(command, environment)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
        again, _ = timed(command, environment)
    steps = {step["stage"]: step for step in result["stages"]}
    request = (arguments[0] if arguments and arguments[0][0] != "-" else "b_lenet_se", dataset(arguments))
    for name, step in steps.items():
        print(f"{name:10}{step['seconds']:10.1f} s")
    against("whole flow, cold", first, GOALS.get(request), "s")
    against("rerun, nothing changed", again, RERUN_GOAL, "s")
    against("largest process", peak, MEMORY_GOAL, "GiB")
    for path, item in steps["simulate"]["summary"]["paths"].items():
        speed, goal = item["cycles_per_second"], SPEED_GOALS.get(path, 0)
        ratio = f", {speed / goal:.2f} times the goal of {goal:,}" if goal else ""
        print(f"{path:10}{speed:>12,} cycles/s per process{ratio}")


def timed(command: list[str], environment: dict[str, str]) -> tuple[float, dict]:
    """Wall seconds of a command and the JSON it printed."""
    start = time.perf_counter()
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    return time.perf_counter() - start, json.loads(done.stdout)


def dataset(arguments: list[str]) -> str:
    """The dataset named on the command line."""
    return arguments[arguments.index("--dataset") + 1] if "--dataset" in arguments else "digits"


def against(what: str, value: float, goal: float | None, unit: str) -> None:
    """Print a figure that should be small, and its share of the goal."""
    share = f", {value / goal:.2f} of the {goal:g} {unit} allowed" if goal else ""
    print(f"{what}: {value:.1f} {unit}{share}")


if __name__ == "__main__":
    main(sys.argv[1:])
