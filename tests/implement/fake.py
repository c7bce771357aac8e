"""Tools that record how they are started and leave results that look real: the flow without the tools."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from toolkit.core import tools
from toolkit.core.tools import Tool
from toolkit.families.ecp5 import tools as ecp5

PORTS = {"clk": 1, "reset": 1, "serial_rx": 1, "serial_tx": 1, "led": 8, "high": 1}
CONFIGURATION = ".device LFE5U-85F\n\n.tile R2C2:PLC2\nunknown: F1B2\n"

SCRIPT = """\
import json, os, pathlib, signal, sys, time
state = json.loads(pathlib.Path({state!r}).read_text())
name, arguments = sys.argv[1], sys.argv[2:]
with open({calls!r}, "a") as calls:
    calls.write(json.dumps([name, *arguments]) + "\\n")
behaviour = state.get(name, {{}})
for file, text in behaviour.get("files", {{}}).items():
    pathlib.Path(file).write_text(text)
for line in behaviour.get("lines", ()):
    print(line, flush=True)
if name == "nextpnr-ecp5":
    mhz = float(arguments[arguments.index("--freq") + 1])
    seed = arguments[arguments.index("--seed") + 1]
    reached = state["reached"]
    reached = next(reached[key] for key in (f"{{mhz:g}} MHz", seed, "*") if key in reached)
    ends = {{"cell": "a", "port": "Q"}}
    hops = [dict(zip(("type", "delay", "from", "to"), hop + (ends, ends))) for hop in
            (("clk-to-q", 0.5), ("routing", 3.0), ("logic", 0.25), ("setup", 0.0))]
    edge = "posedge core"
    report = {{
        "fmax": {{"core": {{"constraint": mhz, "achieved": reached}}}},
        "critical_paths": [{{"from": edge, "to": edge, "path": hops}}],
        "utilization": {{kind: {{"used": 1, "available": 9}} for kind in
                        ("TRELLIS_COMB", "TRELLIS_FF", "DP16KD", "MULT18X18D")}},
    }}
    pathlib.Path("report.json").write_text(json.dumps(report))
    print("Info:     Total LUT4s:        35/83640     0%")
seed = dict(zip(arguments, arguments[1:])).get("--seed")
time.sleep(behaviour.get("sleep_of_seed", {{}}).get(seed, behaviour.get("sleep", 0)))
if behaviour.get("killed"):
    os.kill(os.getpid(), signal.SIGKILL)
sys.exit(behaviour.get("code", 0))
"""


@dataclass
class FakeTools:
    """``state``: what each tool does, by name; ``calls()``: how they were started.

    ``state["reached"]``: clock reached in MHz, by the clock asked for ("60 MHz"), the seed ("1") or "*".
    """

    folder: Path
    state: dict[str, object]

    def save(self) -> None:
        (self.folder / "state.json").write_text(json.dumps(self.state))

    def calls(self, name: str | None = None) -> list[list[str]]:
        file = self.folder / "calls"
        lines = file.read_text().splitlines() if file.is_file() else []
        return [call for call in map(json.loads, lines) if name in (None, call[0])]

    def tool(self, name: str) -> Tool:
        return Tool(name, (sys.executable, str(self.folder / "tool.py"), name), "1.0")


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeTools:
    folder = tmp_path / "fake"
    folder.mkdir()
    cells = {"LUT4": 3, "CCU2C": 16, "TRELLIS_FF": 65, "DP16KD": 1, "EHXPLLL": 1}
    outputs = ("serial_tx", "led", "high")
    ports = {
        name: {"direction": "output" if name in outputs else "input", "bits": list(range(width))}
        for name, width in PORTS.items()
    }
    netlist = {"modules": {"offramp_top": {"ports": ports, "cells": {}}}}
    fake = FakeTools(
        folder,
        {
            "reached": {"*": 100.0},
            "yosys": {
                "files": {
                    "netlist.json": json.dumps(netlist),
                    "simulated.v": "module offramp_top; endmodule\n",
                    "stat.json": json.dumps({"design": {"num_cells_by_type": cells}}),
                },
                "lines": ["1. Executing SLANG frontend.", "2. Executing SYNTH_ECP5 pass."],
            },
            "nextpnr-ecp5": {
                "files": {"design.config": CONFIGURATION},
                "lines": ["Info: Packing IOs..", "Info: Packing LUTs...", "Info: Routing globals..."],
            },
            "ecppack": {"files": {"design.bit": "bits"}},
            "ecpunpack": {"files": {"unpacked.config": CONFIGURATION}},
        },
    )
    fake.save()
    state, calls = str(folder / "state.json"), str(folder / "calls")
    (folder / "tool.py").write_text(SCRIPT.format(state=state, calls=calls))
    for name in ("yosys", "nextpnr-ecp5", "ecppack", "ecpunpack"):
        home = tools if name == "yosys" else ecp5
        monkeypatch.setattr(home, name.replace("-", "_"), lambda name=name: fake.tool(name))
    return fake
