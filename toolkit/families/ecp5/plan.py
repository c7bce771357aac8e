"""The commands of the ECP5's tools as data: files, command line, results. No function runs a tool."""

from __future__ import annotations

from toolkit.core.process import Command
from toolkit.core.tools import Tool
from toolkit.families.ecp5 import ehxplll
from toolkit.families.ecp5.pins import Ecp5Table
from toolkit.families.toolchain import DesignSources
from toolkit.families.yosys import APART, NETLIST, SCRIPT, STAT, Latches

CONSTRAINTS, CONFIGURATION, REPORT = "pins.lpf", "design.config", "report.json"
BITSTREAM, UNPACKED = "design.bit", "unpacked.config"
_FAMILIES = {"LFE5U": "", "LFE5UM": "um-", "LFE5UM5G": "um5g-"}
_HEADING = r"\d+(?:\.\d+)?\. Executing "
_SYNTHESIS = (
    rf"{_HEADING}SLANG\b",
    rf"{_HEADING}(?:SYNTH_LATTICE|SYNTH_ECP5)\b",  # the newer and the older name of one pass
    *(rf"{_HEADING}{name}\b" for name in ("MEMORY_LIBMAP", "DFFLEGALIZE", "ABC9", "JSON")),
)
_PLACE_AND_ROUTE = tuple(
    rf"(?:Info: )?{start}"
    for start in (
        "Packing ",
        "Creating initial analytic placement",
        "Running simulated annealing placer",
        "Routing globals",
        "Routing complete",
    )
)
"""Lines that Yosys and nextpnr print when a phase begins."""


def synthesis(design: DesignSources, tool: Tool) -> Command:
    """Return the synthesis to a netlist of ECP5 cells; it fails on latches, which it lists."""
    read = (
        "read_slang --threads 1 --ignore-timing --ignore-assertions -Wno-undefined-param-override "
        f"-D SYNTHESIS -D FINN_SIMULATION --top {design.top}"
    )
    script = f"""\
{read} {ehxplll.FILE} {" ".join(design.sources)}
proc
{Latches.SCRIPT}
setattr -set keep 1 {APART}
synth_ecp5 -top {design.top} -json {NETLIST}
tee -q -o {STAT} stat -json
"""
    texts = {SCRIPT: script, ehxplll.FILE: ehxplll.declaration()}
    return Command("synthesis", tool, (SCRIPT,), (NETLIST, STAT), texts=texts, phases=_SYNTHESIS)


def place_and_route(table: Ecp5Table, lpf: str, mhz: float, seed: int, tool: Tool) -> Command:
    """Return place and route to a textual configuration with a report; a missed clock is not a failure."""
    family, size = table.device.removesuffix("F").split("-")
    device = f"--{_FAMILIES[family]}{size}k"
    arguments = (
        *(device, "--package", table.package, "--speed", str(table.speed)),
        *("--json", NETLIST, "--lpf", CONSTRAINTS, "--textcfg", CONFIGURATION, "--report", REPORT),
        *("--freq", f"{mhz:g}", "--timing-allow-fail", "--seed", str(seed)),
    )
    return Command(
        f"place-and-route-{seed}",
        tool,
        arguments,
        (CONFIGURATION, REPORT),
        inputs=(NETLIST,),
        texts={CONSTRAINTS: lpf},
        phases=_PLACE_AND_ROUTE,
    )


def pack(table: Ecp5Table, tool: Tool) -> Command:
    """Return the conversion of a configuration to a bitstream; the netlist is there to compare with."""
    arguments = (*table.pack, CONFIGURATION, BITSTREAM)
    return Command("pack", tool, arguments, (BITSTREAM,), inputs=(CONFIGURATION, NETLIST))


def unpack(tool: Tool) -> Command:
    """Return the conversion of a bitstream to a textual configuration."""
    return Command("unpack", tool, (BITSTREAM, UNPACKED), (UNPACKED,), inputs=(BITSTREAM,))
