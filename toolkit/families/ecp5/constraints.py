"""Constraints that assign a board's pins to a design's ports, in nextpnr-ecp5's format (LPF)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from toolkit.families.ecp5.pins import Ecp5Table
from toolkit.families.ports import TopPort, require_pins


def lpf(
    board: str,
    table: Ecp5Table,
    design: Mapping[str, TopPort],
    sites: Collection[str],
    outputs: Collection[str],
) -> str:
    """Return the constraints of a design, checking that ports and pins match one to one.

    Args:
        board: name of the board, for messages.
        table: pins of the board.
        design: ports of the top module.
        sites: balls of the package.
        outputs: ports that the design drives; the others are inputs.

    Raises:
        PinMismatch: a port has no pin, a pin has no port, width or direction differ, or the package lacks a
            site.
    """
    require_pins(board, table, f"{table.device} in {table.package}", design, sites, outputs)
    lines = ["BLOCK RESETPATHS;", "BLOCK ASYNCPATHS;"]
    for port, pins in table.ports.items():
        for i, pin in enumerate(pins):
            name = f"{port}[{i}]" if len(pins) > 1 else port
            drive = f" DRIVE={pin.drive}" if pin.drive is not None else ""
            lines.append(f'LOCATE COMP "{name}" SITE "{pin.site}";')
            lines.append(f'IOBUF PORT "{name}" IO_TYPE={pin.io_type} PULLMODE={pin.pull.upper()}{drive};')
    lines.append(f'FREQUENCY PORT "clk" {table.clock.mhz:g} MHZ;')
    return "\n".join(lines) + "\n"
