"""A system as a simulated board, which a host reaches over the board's link."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from toolkit.boards import Board
from toolkit.chip.system import System
from toolkit.core.stream import Stream
from toolkit.implement.netlist import netlist_design
from toolkit.links import chip_side
from toolkit.links.link import SimulatedBoard
from toolkit.sim import RtlDesign


def simulated_board(
    system: System,
    on: Board,
    cache_dir: Path | None = None,
    *,
    netlist: Path | None = None,
    quick: bool = False,
    **options: Any,
) -> SimulatedBoard:
    """The board that has this system, with its clock made from the oscillator bypassed.

    Args:
        system: its RTL, or what its netlist was made from.
        on: the board it was made for.
        cache_dir: compiled simulations are kept there; by default in Offramp's cache folder.
        netlist: simulate this instead of the RTL, see :func:`netlist_design`.
        quick: see :meth:`toolkit.links.ChipSide.simulated`.
        options: of the link, see there.
    """
    link = chip_side(on.link)
    pins = {port: Stream(port, 1, False, 1, 1) for port in link.pins}
    rtl = RtlDesign(
        system.top,
        (*on.toolchain.clock_models(), *(system.path / source for source in system.sources)),
        inputs=tuple(stream for port, stream in pins.items() if port not in link.outputs),
        outputs=tuple(pins[port] for port in link.outputs),
        data_dir=system.path / "data",
    )
    return link.simulated(
        rtl if netlist is None else netlist_design(rtl, netlist, on.toolchain.cell_models()),
        system.parameters,
        cache_dir=cache_dir,
        reset_active_low=on.table.reset_active != "high",
        quick=quick or netlist is not None,
        **options,
    )
