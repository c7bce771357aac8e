"""Constraints that assign a board's pins to a design's ports, in Gowin's format (CST)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from toolkit.families.gowin.pins import GowinTable
from toolkit.families.ports import TopPort, require_pins


def cst(
    board: str,
    table: GowinTable,
    design: Mapping[str, TopPort],
    sites: Collection[str],
    outputs: Collection[str],
) -> str:
    """Return the constraints of a design, checking that ports and pins match one to one.

    Args:
        board: name of the board, for messages.
        table: pins of the board.
        design: ports of the top module.
        sites: pins of the package.
        outputs: ports that the design drives; the others are inputs.

    Raises:
        PinMismatch: see :func:`require_pins`.
    """
    require_pins(board, table, table.device, design, sites, outputs)
    lines = []
    for port, pins in table.ports.items():
        for i, pin in enumerate(pins):
            name = f"{port}[{i}]" if design[port].width > 1 else port
            drive = f" DRIVE={pin.drive}" if pin.drive is not None else ""
            lines.append(f'IO_LOC "{name}" {pin.site};')
            lines.append(f'IO_PORT "{name}" IO_TYPE={pin.io_type} PULL_MODE={pin.pull.upper()}{drive};')
    return "\n".join(lines) + "\n"
