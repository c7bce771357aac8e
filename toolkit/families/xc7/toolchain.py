"""The open toolchain of the 7 series: Yosys, nextpnr, an assembler of ours and Project X-Ray's programs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from toolkit.core import tools as core_tools
from toolkit.core.process import Command
from toolkit.core.tools import Program, Tool
from toolkit.families import nextpnr
from toolkit.families.open_tools import OpenToolchain
from toolkit.families.ports import ports
from toolkit.families.results import Compared, Routed
from toolkit.families.toolchain import CellModels, DesignSources, Files
from toolkit.families.xc7 import bits, fpga_manager, netlist, plan, pll, simulation, tools
from toolkit.families.xc7.assemble import assembler
from toolkit.families.xc7.database import Database
from toolkit.families.xc7.estimate import Xc7Estimator
from toolkit.families.xc7.pins import Xc7Table
from toolkit.families.yosys import NETLIST, cells

MARGIN = 1.25
"""What nextpnr must reach, in clocks: its delays of look-up tables and flip-flops are stubs."""


class Xc7Toolchain(OpenToolchain[Xc7Table]):
    """The open toolchain of the 7 series; methods are documented in :class:`NetlistToolchain`."""

    section = "xc7"
    programs = (
        Program("Yosys", core_tools.yosys, "with slang"),
        Program("nextpnr for Xilinx", tools.nextpnr_xilinx, optional=True, variable=tools.NEXTPNR.variable),
        Program("xc7frames2bit", tools.frames2bit, optional=True, variable=tools.FRAMES2BIT.variable),
        Program("bitread", tools.bitread, optional=True, variable=tools.BITREAD.variable),
    )
    packages = (core_tools.YOSYS.package,)
    placer = "nextpnr-himbaechel-xilinx"
    remark = f"of which a fifth is kept as margin (clock x {MARGIN:g}): the model's delays of logic are stubs"
    table = Xc7Table
    files = Files(
        netlist=NETLIST,
        constraints=plan.CONSTRAINTS,
        configuration=plan.CONFIGURATION,
        report=plan.REPORT,
        bitstream=plan.BITSTREAM,
    )
    folder = Path(__file__).parent
    luts = 9_000
    likely = ((8_000, 80.0), (12_000, 75.0))  # with the margin
    margin = 0.15
    estimator = Xc7Estimator()

    def tools(self) -> tuple[Tool, ...]:
        return core_tools.yosys(), tools.nextpnr_xilinx(), assembler(), tools.frames2bit()

    def clocks(self, oscillator_mhz: float) -> tuple[pll.Plle2, ...]:
        return pll.ladder(oscillator_mhz)

    def synthesis(self, design: DesignSources) -> Command:
        return plan.synthesis(design, core_tools.yosys())

    def needs(self, folder: Path) -> dict[str, int]:
        return netlist.needs(cells(folder))

    def constraints(
        self, board: str, table: Xc7Table, folder: Path, top: str, outputs: Collection[str]
    ) -> str:
        known = self._database(table).sites()
        return netlist.xdc(board, table, ports(folder / NETLIST, top), known, outputs)

    def place_and_route(self, table: Xc7Table, constraints: str, mhz: float, seed: int) -> Command:
        return plan.place_and_route(table, constraints, mhz * MARGIN, seed, tools.nextpnr_xilinx())

    def routed(self, folder: Path, log: str, mhz: float) -> Routed:
        # The PLL's own nets are not the design's clock, but have its constraint.
        return nextpnr.routed(folder / plan.REPORT, log, mhz, netlist.use, margin=MARGIN)

    def pack(self, table: Xc7Table) -> tuple[Command, ...]:
        database = self._database(table)
        return (
            plan.assemble(database.folder, table.device, assembler()),
            plan.pack(database.description, table.device, tools.frames2bit()),
            plan.unpack(database.description, tools.bitread()),
        )

    def compare(self, folder: Path) -> Compared:
        return bits.compare(folder)

    def beside(self, table: Xc7Table, bitstream: Path) -> Mapping[str, bytes]:
        if not table.has_processor:
            return {}
        name = bitstream.stem
        return {
            f"{name}.bin": fpga_manager.image(bitstream.read_bytes()),
            f"{name}.sh": fpga_manager.script(name).encode(),
        }

    def clock_models(self) -> tuple[Path, ...]:
        return simulation.OF_RTL

    def cell_models(self) -> CellModels:
        return simulation.cell_models()

    def _database(self, table: Xc7Table) -> Database:
        return Database.of(tools.database(table.device), table.device)
