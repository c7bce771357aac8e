"""The toolchain of the ECP5: Yosys, nextpnr-ecp5 and Project Trellis' ecppack and ecpunpack."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from toolkit.core import tools as core_tools
from toolkit.core.process import Command
from toolkit.core.reading import read_json
from toolkit.core.tools import Program, Tool
from toolkit.families.ecp5 import configuration, netlist, plan, pll, simulation, timing, tools
from toolkit.families.ecp5.block_rams import require_block_rams
from toolkit.families.ecp5.constraints import lpf
from toolkit.families.ecp5.pins import Ecp5Table
from toolkit.families.ecp5.trellis import sites
from toolkit.families.open_tools import OpenToolchain
from toolkit.families.ports import ports
from toolkit.families.results import Compared, Routed
from toolkit.families.toolchain import CellModels, DesignSources, Files
from toolkit.families.yosys import NETLIST, cells


class Ecp5Toolchain(OpenToolchain[Ecp5Table]):
    """The toolchain of the ECP5; methods are documented in :class:`NetlistToolchain`."""

    section = "ecp5"
    programs = (
        Program("Yosys", core_tools.yosys, "with slang"),
        Program("nextpnr-ecp5", tools.nextpnr_ecp5),
        Program("ecppack", tools.ecppack),
        Program("ecpunpack", tools.ecpunpack),
    )
    packages = (core_tools.YOSYS.package, tools.PACKAGE)
    placer = "nextpnr-ecp5"
    table = Ecp5Table
    files = Files(
        netlist=NETLIST,
        constraints=plan.CONSTRAINTS,
        configuration=plan.CONFIGURATION,
        report=plan.REPORT,
        bitstream=plan.BITSTREAM,
    )
    folder = Path(__file__).parent
    luts = 8_000
    likely = ((12_000, 80.0), (25_000, 75.0))
    margin = 0.04

    def tools(self) -> tuple[Tool, ...]:
        # ecpunpack only checks, so its version does not decide a bitstream.
        return core_tools.yosys(), tools.nextpnr_ecp5(), tools.ecppack()

    def clocks(self, oscillator_mhz: float) -> tuple[pll.Pll, ...]:
        return pll.ladder(oscillator_mhz)

    def synthesis(self, design: DesignSources) -> Command:
        return plan.synthesis(design, core_tools.yosys())

    def needs(self, folder: Path) -> dict[str, int]:
        return netlist.needs(cells(folder))

    def constraints(
        self, board: str, table: Ecp5Table, folder: Path, top: str, outputs: Collection[str]
    ) -> str:
        known = sites(tools.trellis_database(tools.ecppack()), table.device, table.package)
        return lpf(board, table, ports(folder / NETLIST, top), known, outputs)

    def place_and_route(self, table: Ecp5Table, constraints: str, mhz: float, seed: int) -> Command:
        return plan.place_and_route(table, constraints, mhz, seed, tools.nextpnr_ecp5())

    def routed(self, folder: Path, log: str, mhz: float) -> Routed:
        return timing.routed(folder / plan.REPORT, log, mhz)

    def pack(self, table: Ecp5Table) -> tuple[Command, ...]:
        return plan.pack(table, tools.ecppack()), plan.unpack(tools.ecpunpack())

    def compare(self, folder: Path) -> Compared:
        packed, unpacked = (configuration.read(folder / name) for name in (plan.CONFIGURATION, plan.UNPACKED))
        require_block_rams(read_json(folder / NETLIST), packed)
        return configuration.compare(packed, unpacked, tools.trellis_database(tools.ecppack()))

    def clock_models(self) -> tuple[Path, ...]:
        return (simulation.PLL,)

    def cell_models(self) -> CellModels:
        return simulation.cell_models()
