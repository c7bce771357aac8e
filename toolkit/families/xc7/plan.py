"""The commands of the open tools as data: files, command line, results. No function runs a tool."""

from __future__ import annotations

from pathlib import Path

from toolkit.core.process import Command
from toolkit.core.tools import Tool
from toolkit.families.toolchain import DesignSources
from toolkit.families.xc7 import roms
from toolkit.families.xc7.pins import Xc7Table
from toolkit.families.yosys import APART, NETLIST, SCRIPT, STAT, Latches

CONSTRAINTS, CONFIGURATION, REPORT, PLACED = "pins.xdc", "design.fasm", "timing.json", "placed.json"
FRAMES, WIDTHS, BITSTREAM, UNPACKED = "design.frames", "widths.json", "board.bit", "unpacked.bits"
_HEADING = r"\d+(?:\.\d+)?\. Executing "
_SYNTHESIS = tuple(
    rf"{_HEADING}{name}\b"
    for name in ("SLANG", "SYNTH_XILINX", "MEMORY_LIBMAP", "DFFLEGALIZE", "ABC9", "JSON")
)
_PLACE_AND_ROUTE = tuple(
    rf"(?:Info: )?{start}"
    for start in (
        "Packing ",
        "Creating initial analytic placement",
        "Running simulated annealing placer",
        "Running router2",
        "Routing complete|Router2 time",
    )
)
"""Lines that Yosys and nextpnr print when a phase begins."""

_NO_PRE_ADDER = "select -assert-none t:DSP48E1 r:USE_DPORT=TRUE %i"
"""Yosys leaves the reset of the pre-adder's register unconnected, which is not 0 on the chip for sure."""


def synthesis(design: DesignSources, tool: Tool) -> Command:
    """Return the synthesis to a netlist of 7-series cells; it fails on latches, which it lists."""
    mapping = f"synth_xilinx -family xc7 -abc9 -top {design.top} -run"
    script = f"""\
read_verilog -lib +/xilinx/cells_sim.v +/xilinx/cells_xtra.v
read_slang --threads 1 --ignore-timing --ignore-assertions -Wno-undefined-param-override \
-D SYNTHESIS -D FINN_SIMULATION --top {design.top} {" ".join(design.sources)}
proc
{Latches.SCRIPT}
setattr -set keep 1 {APART}
{mapping} :map_memory
{roms.script()}
{mapping} map_memory:
{_NO_PRE_ADDER}
write_json {NETLIST}
tee -q -o {STAT} stat -json
"""
    texts = {SCRIPT: script}
    return Command("synthesis", tool, (SCRIPT,), (NETLIST, STAT), texts=texts, phases=_SYNTHESIS)


def place_and_route(table: Xc7Table, xdc: str, mhz: float, seed: int, tool: Tool) -> Command:
    """Return place and route to FASM with a report; a missed clock is not a failure."""
    arguments = (
        *(
            "--device",
            table.device,
            "--json",
            NETLIST,
            "-o",
            f"xdc={CONSTRAINTS}",
            "-o",
            f"fasm={CONFIGURATION}",
        ),
        *("--report", REPORT, "--write", PLACED),
        *("--freq", f"{mhz:g}", "--timing-allow-fail", "--seed", str(seed)),
    )
    return Command(
        f"place-and-route-{seed}",
        tool,
        arguments,
        (CONFIGURATION, REPORT, PLACED),
        inputs=(NETLIST,),
        texts={CONSTRAINTS: xdc},
        phases=_PLACE_AND_ROUTE,
    )


def assemble(family: Path, part: str, tool: Tool) -> Command:
    """Return the conversion of FASM to frames; ``family`` is the folder of the database."""
    arguments = (str(family), part)
    return Command("assemble", tool, arguments, (FRAMES, WIDTHS), inputs=(CONFIGURATION, PLACED))


def pack(description: Path, part: str, tool: Tool) -> Command:
    """Return the conversion of frames to a bitstream; ``description`` is the database's of the part."""
    arguments = (
        "--part_file",
        str(description),
        "--part_name",
        part,
        "--frm_file",
        FRAMES,
        "--output_file",
        BITSTREAM,
    )
    return Command("pack", tool, arguments, (BITSTREAM,), inputs=(FRAMES,))


def unpack(description: Path, tool: Tool) -> Command:
    """Return the conversion of a bitstream to a list of the bits that are set."""
    arguments = ("-part_file", str(description), "-o", UNPACKED, "-z", "-y", BITSTREAM)
    return Command("unpack", tool, arguments, (UNPACKED,), inputs=(BITSTREAM,))
