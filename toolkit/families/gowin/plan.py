"""The commands of Gowin's open tools as data: files, command line, results. No function runs a tool."""

from __future__ import annotations

from toolkit.core.process import Command
from toolkit.core.tools import Tool
from toolkit.families.gowin import rams, rpll
from toolkit.families.gowin.pins import GowinTable
from toolkit.families.toolchain import DesignSources
from toolkit.families.yosys import APART, NETLIST, SCRIPT, STAT, Latches

CONSTRAINTS, CONFIGURATION, REPORT = "pins.cst", "routed.json", "utilisation.json"
BITSTREAM, UNPACKED = "board.fs", "unpacked.json"
_SYNTH = "synth_gowin -family gw2a -noalu -nowidelut -setundef"
_HEADING = r"\d+(?:\.\d+)?\. Executing "
_SYNTHESIS = tuple(
    rf"{_HEADING}{name}\b"
    for name in ("SLANG", "SYNTH_GOWIN", "MEMORY_LIBMAP", "DFFLEGALIZE", "ABC9", "JSON")
)
_PLACE_AND_ROUTE = tuple(
    rf"(?:Info: )?{start}"
    for start in (
        "Packing ",
        "Creating initial analytic placement",
        "Running simulated annealing placer",
        "Routing globals|Route global",
        "Routing complete|Router1 time|Router2 time",
    )
)
"""Lines that Yosys and nextpnr print when a phase begins."""


def synthesis(design: DesignSources, tool: Tool) -> Command:
    """Return the synthesis to a netlist of GW2A cells; it fails on latches, which it lists.

    There are no carry cells: as nextpnr places them they compute wrongly on the chip (apicula#514), which
    neither simulation nor timing shows. Without multiplexers behind look-up tables fewer of these are needed.
    """
    read = (
        "read_slang --threads 1 --ignore-timing --ignore-assertions -Wno-undefined-param-override "
        f"-D SYNTHESIS -D FINN_SIMULATION --top {design.top}"
    )
    script = f"""\
{read} {rpll.FILE} {" ".join(design.sources)}
proc
{Latches.SCRIPT}
setattr -set keep 1 {APART}
{_SYNTH} -top {design.top} -run begin:map_ram
memory_libmap -lib +/gowin/lutrams.txt -lib {rams.FILE}
techmap -map +/gowin/lutrams_map.v -map +/gowin/brams_map.v -map {rams.MAP}
{_SYNTH} -top {design.top} -run map_ffram: -json {NETLIST}
tee -q -o {STAT} stat -json
"""
    texts = {
        SCRIPT: script,
        rpll.FILE: rpll.declaration(),
        rams.FILE: rams.library(),
        rams.MAP: rams.equal_map(),
    }
    return Command("synthesis", tool, (SCRIPT,), (NETLIST, STAT), texts=texts, phases=_SYNTHESIS)


def place_and_route(table: GowinTable, cst: str, mhz: float, seed: int, tool: Tool) -> Command:
    """Return place and route to a routed netlist with a report; a missed clock is not a failure."""
    arguments = (
        *("--device", table.device, "--vopt", f"family={table.chip}", "--vopt", f"cst={CONSTRAINTS}"),
        *("--json", NETLIST, "--write", CONFIGURATION, "--report", REPORT),
        *("--freq", f"{mhz:g}", "--timing-allow-fail", "--seed", str(seed)),
    )
    return Command(
        f"place-and-route-{seed}",
        tool,
        arguments,
        (CONFIGURATION, REPORT),
        inputs=(NETLIST,),
        texts={CONSTRAINTS: cst},
        phases=_PLACE_AND_ROUTE,
    )


def pack(table: GowinTable, tool: Tool) -> Command:
    """Return the conversion of a routed netlist to a bitstream."""
    arguments = (*table.pack, "-d", table.chip, "-o", BITSTREAM, CONFIGURATION)
    return Command("pack", tool, arguments, (BITSTREAM,), inputs=(CONFIGURATION,))


def unpack(table: GowinTable, tool: Tool) -> Command:
    """Return the conversion of a bitstream to the settings of its tiles."""
    return Command("unpack", tool, (table.chip, BITSTREAM, UNPACKED), (UNPACKED,), inputs=(BITSTREAM,))
