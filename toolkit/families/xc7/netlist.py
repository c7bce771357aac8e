"""Resources of a netlist's cells, nextpnr's report of their use, and constraints, for the open tools."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from toolkit.families.amd import AmdFamily
from toolkit.families.nextpnr import Use
from toolkit.families.ports import TopPort, require_pins
from toolkit.families.results import ResourceUse
from toolkit.families.xc7 import cells
from toolkit.families.xc7.pins import Xc7Table

NOT_LOGIC = {"IBUF", "OBUF", "BUFG", "PLLE2_ADV", "PS7"}
"""Cells without look-up tables, flip-flops, block RAMs or multipliers."""


def needs(found: Mapping[str, int]) -> dict[str, int]:
    """Return the resources of cells, given by type, by the fields of :class:`ResourceNames`."""
    logic = {cell: n for cell, n in found.items() if cell not in NOT_LOGIC}
    resources, ff = cells.counted("the design", logic)
    return {"lut": resources.lut, "ff": ff, "bram": resources.bram, "dsp": resources.dsp}


def use(found: Use) -> Use:
    """Return the utilisation by our names of resources, of the whole die.

    nextpnr counts two places per look-up table, of which a large function takes one and blocks the other.
    """
    names = AmdFamily.names
    lut, half, whole = found["SLICE_LUTX"], found["RAMB18E1_RAMB18E1"], found["RAMB36E1_RAMB36E1"]
    return {
        names.lut.key: ResourceUse(used=lut.used, available=lut.available // 2),
        names.ff.key: found["SLICE_FFX"],
        names.bram.key: ResourceUse(used=half.used + 2 * whole.used, available=half.available),
        names.dsp.key: found["DSP48E1_DSP48E1"],
    }


def xdc(
    board: str,
    table: Xc7Table,
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
        PinMismatch: see :func:`require_pins`.
    """
    require_pins(board, table, table.device, design, sites, outputs)
    lines = []
    for port, pins in table.ports.items():
        for i, pin in enumerate(pins):
            name = f"[get_ports {{{port}[{i}]}}]" if design[port].width > 1 else f"[get_ports {port}]"
            wanted = {"LOC": pin.site, "IOSTANDARD": pin.io_type}
            if pin.pull != "none":
                wanted["PULLTYPE"] = f"PULL{pin.pull.upper()}"
            if pin.drive is not None:
                wanted["DRIVE"] = str(pin.drive)
            lines += [f"set_property {key} {value} {name}" for key, value in wanted.items()]
    return "\n".join(lines) + "\n"
