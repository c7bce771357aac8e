"""Constraints that assign a board's pins to a design's ports, in nextpnr-ecp5's format (LPF)."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from toolkit.core.errors import ArtifactError, PinMismatch
from toolkit.core.reading import read_json
from toolkit.families.ecp5.pins import Ecp5Table


@dataclass(frozen=True)
class TopPort:
    """A port of the top module: direction (``input``, ``output`` or ``inout``) and width in bits."""

    direction: str
    width: int


def ports(netlist: Path, top: str) -> dict[str, TopPort]:
    """Read the ports of the top module from a Yosys netlist (JSON).

    Raises:
        ArtifactError: the netlist is damaged, or has no such module.
    """
    modules = read_json(netlist).get("modules", {})
    if top not in modules:
        raise ArtifactError(
            f"netlist {netlist}", expected=f"a module {top}", found=", ".join(modules) or "none"
        )
    found = modules[top]["ports"]
    return {name: TopPort(port["direction"], len(port["bits"])) for name, port in found.items()}


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
    _check(board, table, design, sites, outputs)
    lines = ["BLOCK RESETPATHS;", "BLOCK ASYNCPATHS;"]
    for port, pins in table.ports.items():
        for i, pin in enumerate(pins):
            name = f"{port}[{i}]" if len(pins) > 1 else port
            drive = f" DRIVE={pin.drive}" if pin.drive is not None else ""
            lines.append(f'LOCATE COMP "{name}" SITE "{pin.site}";')
            lines.append(f'IOBUF PORT "{name}" IO_TYPE={pin.io_type} PULLMODE={pin.pull.upper()}{drive};')
    lines.append(f'FREQUENCY PORT "clk" {table.clock.mhz:g} MHZ;')
    return "\n".join(lines) + "\n"


def _check(
    board: str,
    table: Ecp5Table,
    design: Mapping[str, TopPort],
    sites: Collection[str],
    outputs: Collection[str],
) -> None:
    fix = "Change the board's file or the ports of the top module."
    for what, left, right in (
        (f"pins of {board} for the design's ports", design, table.ports),
        (f"ports of the design for the pins of {board}", table.ports, design),
    ):
        if missing := sorted(left.keys() - right.keys()):
            raise PinMismatch(what, expected=", ".join(left), found=f"none for {', '.join(missing)}", fix=fix)
    for port, pins in table.ports.items():
        wanted = TopPort("output" if port in outputs else "input", len(pins))
        if design[port] != wanted:
            expected, found = (f"{one.direction} of {one.width} bit" for one in (wanted, design[port]))
            raise PinMismatch(f"port {port} on {board}", expected=expected, found=found, fix=fix)
        for pin in pins:
            if pin.site not in sites:
                near = difflib.get_close_matches(pin.site, sites, n=3, cutoff=0.5)
                fix = f"Correct the board's file; did you mean {' or '.join(near)}?"
                expected = f"a site of {table.device} in {table.package}"
                raise PinMismatch(f"pin of {port} on {board}", expected=expected, found=pin.site, fix=fix)
