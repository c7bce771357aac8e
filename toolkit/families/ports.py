"""Ports of a netlist's top module, and the check that they match a board's pins one to one."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.core.errors import ArtifactError, PinMismatch
from toolkit.core.reading import read_json
from toolkit.families.pins import PinTable


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


def require_pins(
    board: str,
    table: PinTable[Any],
    package: str,
    design: Mapping[str, TopPort],
    sites: Collection[str],
    outputs: Collection[str],
) -> None:
    """Check that ports and pins match one to one, and that the package has the pins.

    Args:
        board: name of the board, for messages.
        table: pins of the board.
        package: name of part and package, for messages.
        design: ports of the top module.
        sites: balls of the package.
        outputs: ports that the design drives; the others are inputs.

    Raises:
        PinMismatch: a port has no pin, a pin has no port, width or direction differ, or the package lacks a
            site.
    """
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
                expected = f"a site of {package}"
                raise PinMismatch(f"pin of {port} on {board}", expected=expected, found=pin.site, fix=fix)
