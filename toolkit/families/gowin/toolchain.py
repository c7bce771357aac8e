"""The toolchain of Gowin's GW2A: Yosys, nextpnr and Apicula's gowin_pack, all from pip."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from toolkit.core import tools as core_tools
from toolkit.core.process import Command
from toolkit.core.tools import Program, Tool
from toolkit.families import nextpnr
from toolkit.families.gowin import netlist, plan, pll, simulation, tools
from toolkit.families.gowin.compare import compare
from toolkit.families.gowin.constraints import cst
from toolkit.families.gowin.pins import GowinTable
from toolkit.families.gowin.unpack import unpacker
from toolkit.families.open_tools import OpenToolchain
from toolkit.families.ports import ports
from toolkit.families.results import Compared, Routed
from toolkit.families.toolchain import CellModels, DesignSources, Files, SystemClock
from toolkit.families.yosys import NETLIST, cells

MARGIN = 2.0
"""What nextpnr must reach, in clocks: its model lacks multipliers, and block RAMs' second ports."""


class GowinToolchain(OpenToolchain[GowinTable]):
    """The toolchain of the GW2A; methods are documented in :class:`NetlistToolchain`."""

    section = "gowin"
    programs = (
        Program("Yosys", core_tools.yosys, "with slang"),
        Program("nextpnr for Gowin", tools.nextpnr_gowin, optional=True, variable=tools.NEXTPNR.variable),
        Program("Apicula", tools.gowin_pack, f">={tools.APICULA.minimum}", optional=True),
    )
    packages = (core_tools.YOSYS.package,)
    placer = "nextpnr-himbaechel-gowin"
    remark = (
        f"of which half is kept as margin (clock x {MARGIN:g}): the model has no delays of multipliers "
        "and of block RAMs' second ports"
    )
    table = GowinTable
    files = Files(
        netlist=NETLIST,
        constraints=plan.CONSTRAINTS,
        configuration=plan.CONFIGURATION,
        report=plan.REPORT,
        bitstream=plan.BITSTREAM,
    )
    folder = Path(__file__).parent
    luts = 16_000
    likely = ((20_736, 54.0),)  # with the margin
    slow_mhz = 27.0
    margin = 0.1

    def tools(self) -> tuple[Tool, ...]:
        return core_tools.yosys(), tools.nextpnr_gowin(), tools.gowin_pack()

    def clocks(self, oscillator_mhz: float) -> tuple[SystemClock, ...]:
        return pll.ladder(oscillator_mhz)

    def synthesis(self, design: DesignSources) -> Command:
        return plan.synthesis(design, core_tools.yosys())

    def needs(self, folder: Path) -> dict[str, int]:
        return netlist.needs(cells(folder))

    def constraints(
        self, board: str, table: GowinTable, folder: Path, top: str, outputs: Collection[str]
    ) -> str:
        return cst(board, table, ports(folder / NETLIST, top), tools.sites(table.device, table.chip), outputs)

    def place_and_route(self, table: GowinTable, constraints: str, mhz: float, seed: int) -> Command:
        return plan.place_and_route(table, constraints, mhz * MARGIN, seed, tools.nextpnr_gowin())

    def routed(self, folder: Path, log: str, mhz: float) -> Routed:
        return nextpnr.routed(folder / plan.REPORT, log, mhz, netlist.use, margin=MARGIN)

    def pack(self, table: GowinTable) -> tuple[Command, ...]:
        return plan.pack(table, tools.gowin_pack()), plan.unpack(table, unpacker())

    def compare(self, folder: Path) -> Compared:
        return compare(folder)

    def clock_models(self) -> tuple[Path, ...]:
        return (simulation.PLL,)

    def cell_models(self) -> CellModels:
        return simulation.cell_models()
