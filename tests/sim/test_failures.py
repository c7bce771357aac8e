"""Designs that misbehave, and processes that are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from toolkit.core.errors import BadOption, SimulationError, ToolFailed
from toolkit.core.progress import silent
from toolkit.core.stream import Stream
from toolkit.sim import RtlDesign, Simulator, StallPattern, build
from toolkit.sim.process import Limits, Processes, Workspace, split

from .conftest import BlockSum

pytestmark = pytest.mark.sim

AFTER_THREE = "out0_V waits for frame 0, beat 3 of 5"


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (
            "deadlock",
            rf"deadlock in cycle \d+ .*of block_sum.*{AFTER_THREE}; in0_V is at frame 1, beat 1 of 20",
        ),
        ("error", r"block_sum.sv:\d+ in cycle .*given is 3"),
        ("assert", r"block_sum.sv:\d+ in cycle .*three were enough"),
        ("finish", r"\$finish at .*block_sum.sv:\d+"),
        ("extra", "output out0_V gives more beats than its frames have"),
        ("withdrawn", f"output out0_V withdraws valid before it is taken.*{AFTER_THREE}"),
        (
            "padding",
            "padding of stream out0_V in frame 0, beat 3; expected zeros above bit 17; found bit 20 set",
        ),
        ("changed", f"output out0_V changes data before it is taken.*{AFTER_THREE}"),
    ],
)
def test_faults_are_named_and_located(block_sum: BlockSum, sim_cache: Path, fault: str, message: str) -> None:
    simulator = block_sum.simulator(sim_cache, fault)
    stalls = StallPattern(output_stall=0.8) if fault in ("withdrawn", "changed") else StallPattern()
    frames = 1 if fault == "extra" else 2
    with pytest.raises(SimulationError, match=f"(?s){message}"):
        simulator.run({"in0_V": block_sum.inputs(frames)}, stalls=stalls, jobs=1, quiet_cycles=1000)


PROCESS = """\
import pathlib, sys, time
job = dict(line.partition(" ")[::2] for line in pathlib.Path(sys.argv[1]).read_text().splitlines())
first = sys.argv[1].endswith("0.job")
time.sleep(0.5 if first else 0)
status = "ok" if first and sys.argv[2] == "second" else "deadlock"
pathlib.Path(job["result"]).write_text(f"cycles 7\\nbeats in0_V 0\\nbeats out0_V 0\\nstatus {status}\\n")
"""


@pytest.mark.parametrize(("fails", "frame"), [("both", 0), ("second", 10)])
def test_the_first_frame_is_told_whichever_process_is_the_fastest(
    block_sum: BlockSum, tmp_path: Path, fails: str, frame: int
) -> None:
    """The second process ends first; frames count from the whole batch."""
    executable = tmp_path / "simulate"
    executable.write_text(f"#!{sys.executable}\n{PROCESS}")
    executable.chmod(0o755)
    space, chunks = Workspace(tmp_path, block_sum.design(), {}, 20), split(20, 2)
    for chunk in chunks:
        space.write_job(chunk, StallPattern(), Limits(1000, 0), None)
    with Processes(executable, space, chunks) as processes:
        processes.start([fails])
        with pytest.raises(SimulationError, match=f"out0_V waits for frame {frame}, beat 0"):
            processes.wait(silent)


def test_time_limit(block_sum: BlockSum, sim_cache: Path) -> None:
    simulator = block_sum.simulator(sim_cache, slow=100)
    values = {"in0_V": block_sum.inputs(2)}
    with pytest.raises(SimulationError, match=r"time limit in cycle 2\d\d\d of.*waits for frame 1"):
        simulator.run(values, jobs=1, timeout_cycles=2500)
    assert simulator.run(values, jobs=1, timeout_cycles=10_000).interval == 2000


def test_slow_is_not_deadlocked(block_sum: BlockSum, sim_cache: Path) -> None:
    simulator = block_sum.simulator(sim_cache, slow=1500)
    values = {"in0_V": block_sum.inputs(1)}
    assert simulator.run(values, quiet_cycles=2000).frames == 1
    with pytest.raises(SimulationError, match="raise quiet_cycles"):
        simulator.run(values, quiet_cycles=1000)


def running(folder: Path) -> list[int]:
    """Processes of this machine that run a simulator from ``folder``."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(process.joinpath("exe").readlink()).startswith(str(folder)):
                found.append(int(process.name))
        except OSError:  # ended, or not ours
            continue
    return found


def test_an_exception_ends_the_processes(block_sum: BlockSum, sim_cache: Path) -> None:
    simulator = block_sum.simulator(sim_cache, slow=10**6)

    def interrupt(label: str, done: int, total: int) -> None:
        assert running(sim_cache)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulator.run({"in0_V": block_sum.inputs(2)}, progress=interrupt, quiet_cycles=10**9)
    assert running(sim_cache) == []


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="the signal at the parent's death is Linux's"
)
def test_a_killed_parent_takes_its_processes_along(block_sum: BlockSum, sim_cache: Path) -> None:
    executable = block_sum.simulator(sim_cache).executable
    code = f"""if True:
        from pathlib import Path
        from toolkit.sim.options import BuildOptions
        from toolkit.sim.simulator import Simulator
        from sim.conftest import BlockSum
        blocks = BlockSum(Path({str(block_sum.folder)!r}))
        simulator = Simulator(blocks.design(slow=10**6), BuildOptions(), "", Path({str(executable)!r}))
        told = lambda label, done, total: print("running", flush=True)
        simulator.run({{"in0_V": blocks.inputs(2)}}, progress=told, quiet_cycles=10**9)
    """
    root = Path(__file__).parents[2]
    path = os.pathsep.join([str(root), str(root / "tests")])
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path}
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"running\n"
    assert len(running(sim_cache)) == 2
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    deadline = time.monotonic() + 5
    while running(sim_cache) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert running(sim_cache) == []


def module(folder: Path, body: str) -> RtlDesign:
    source = folder / "top.sv"
    source.write_text(body)
    return RtlDesign("top", (source,), (Stream("a", 8, False, 1, 1),), (Stream("b", 8, False, 1, 1),))


def test_refused_designs_say_why(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    with pytest.raises(ToolFailed, match=r"(?s)simulation of top by verilator .*top.sv:1:.*nonsense"):
        build(module(tmp_path, "module top; nonsense nonsense; endmodule\n"), cache_dir=cache)
    with pytest.raises(BadOption, match=r"port ap_clk of module top; .*found no such port"):
        build(module(tmp_path, "module top(input logic clk); endmodule\n"), cache_dir=cache)
    assert [path for path in (cache / "simulators").iterdir() if path.is_dir()] == []


def test_a_missing_data_file_is_an_error(block_sum: BlockSum, sim_cache: Path, tmp_path: Path) -> None:
    simulator = block_sum.simulator(sim_cache)
    simulator.design = RtlDesign(
        top="block_sum",
        sources=simulator.design.sources,
        inputs=simulator.design.inputs,
        outputs=simulator.design.outputs,
        data_dir=tmp_path,
    )
    with pytest.raises(SimulationError, match=r"offsets.dat:0 in cycle 0 .*file not found"):
        simulator.run({"in0_V": block_sum.inputs(1)}, probes=())


def test_registers_without_reset_show_in_a_random_start(tmp_path: Path, sim_cache: Path) -> None:
    ports = "".join(f"{side} logic {name}," for side, name in (
        ("input", "ap_clk"), ("input", "ap_rst_n"), ("input", "a_tvalid"), ("output", "a_tready"),
        ("output", "b_tvalid"), ("input", "b_tready"), ("input", "[7:0] a_tdata"),
    ))  # fmt: skip
    body = (
        f"module top({ports} output logic [7:0] b_tdata);\n"
        "logic [7:0] forgotten; always_ff @(posedge ap_clk) forgotten <= forgotten;\n"
        "assign b_tdata = a_tdata + forgotten; assign b_tvalid = a_tvalid; assign a_tready = b_tready;\n"
        "endmodule\n"
    )
    design = module(tmp_path, body)

    def outputs(simulator: Simulator, seed: int) -> list[int]:
        run = simulator.run({"a": np.zeros((2, 1, 1), int)}, stalls=StallPattern(seed=seed), jobs=1)
        return run.outputs["b"].ravel().tolist()

    assert outputs(build(design, cache_dir=sim_cache), 1) == [0, 0]
    random = build(design, cache_dir=sim_cache, random_start=True)
    seen = [outputs(random, seed) for seed in range(3)]
    assert seen == [outputs(random, seed) for seed in range(3)]
    assert len({first for first, _ in seen}) > 1
