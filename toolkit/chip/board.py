"""Simulates a board with a system on it, for a host that talks to it over the board's link."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from toolkit.boards import Board
from toolkit.chip.system import System
from toolkit.core.errors import BadOption
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
    """Create a simulated board with this system; its clock generator is bypassed.

    Args:
        system: system, as RTL.
        on: board it was made for.
        cache_dir: folder for compiled simulations; by default in Offramp's cache folder.
        netlist: netlist of the system, simulated instead of the RTL; see :func:`netlist_design`.
        quick: see :meth:`toolkit.links.ChipSide.simulated`.
        options: options of the link, see there.

    Raises:
        BadOption: the link's host is a processor on the chip, which is not simulated.
    """
    link = chip_side(on)
    if link.hosted:
        raise BadOption("simulated board", expected="one whose host is outside", found=f"a {link.medium}")
    pins = {port: Stream(port, 1, False, 1, 1) for port in link.pins}
    rtl = RtlDesign(
        system.top,
        (*on.toolchain.clock_models(), *(system.path / source for source in system.sources)),
        inputs=tuple(stream for port, stream in pins.items() if port not in link.outputs),
        outputs=tuple(pins[port] for port in link.outputs),
        data_dir=system.path / "data",
    )
    return link.simulated(
        rtl if netlist is None else netlist_design(rtl, netlist, on.netlist_toolchain.cell_models()),
        system.parameters,
        cache_dir=cache_dir,
        reset_active_low=on.table.reset_active != "high",
        quick=quick or netlist is not None,
        **options,
    )
