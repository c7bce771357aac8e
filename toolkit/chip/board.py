"""A system as a simulated board, its serial port a pseudo-terminal."""

from __future__ import annotations

from pathlib import Path

from toolkit.boards import Board
from toolkit.chip.system import System
from toolkit.implement.simulation import CELLS, netlist_design
from toolkit.links.serial.simulated import Faults, SerialBoard
from toolkit.links.serial.simulated.build import RECEIVED, SENT
from toolkit.sim import RtlDesign

PLL = CELLS / "EHXPLLL.sv"


def simulated_board(
    system: System,
    on: Board,
    cache_dir: Path | None = None,
    *,
    netlist: Path | None = None,
    clocks_per_bit: int | None = None,
    faults: Faults | None = None,
    quick: bool = False,
) -> SerialBoard:
    """The board that has this system, with the phase-locked loop bypassed.

    Args:
        system: its RTL, or what its netlist was made from.
        on: the board it was made for.
        cache_dir: compiled simulations are kept there; by default in Offramp's cache folder.
        netlist: simulate this instead of the RTL, see :func:`toolkit.implement.simulation.netlist_design`.
        clocks_per_bit: a faster serial line than the system's; RTL only.
        faults: of the line.
        quick: see :class:`SerialBoard`.
    """
    rtl = RtlDesign(
        system.top,
        (PLL, *(system.path / source for source in system.sources)),
        inputs=(RECEIVED,),
        outputs=(SENT,),
        data_dir=system.path / "data",
    )
    design = rtl if netlist is None else netlist_design(rtl, netlist)
    reset = on.open_flow.reset if on.open_flow is not None else None
    return SerialBoard(
        design.sources,
        design.top,
        clocks_per_bit=clocks_per_bit or system.parameters["CLOCKS_PER_BIT"],
        cache_dir=cache_dir,
        parameters={} if clocks_per_bit is None else {"CLOCKS_PER_BIT": clocks_per_bit},
        data_dir=design.data_dir,
        include_dirs=design.include_dirs,
        reset_active_low=reset is None or reset.active == "low",
        faults=faults,
        # Never at rest before the board's own limits are over.
        rest_cycles=2 * max(system.parameters["IDLE_CYCLES"], system.parameters["WATCHDOG_CYCLES"]),
        quick=quick or netlist is not None,
    )
