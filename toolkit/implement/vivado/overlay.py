"""The block design of a whole overlay: processor, clock, reset and interconnects around a link's blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from toolkit.core.errors import BadOption
from toolkit.families.block_design import BlockDesign, Cell, ProcessingSystem, Registers

PS, WIZARD, RESET, REGISTERS, MEMORY = "ps", "clock", "reset", "registers", "memory"
"""Names of the cells around the link's."""
MOST_PORTS = 16
"""Ports of a SmartConnect on one side."""
_CLOCK = f"{WIZARD}/clk_out1"


@dataclass(frozen=True)
class Overlay:
    """A block design with the processor.

    Attributes:
        system: the family's processor.
        settings: its parameters that depend on the board.
        mhz: clock of the design.
        blocks: what the link brings.
    """

    system: ProcessingSystem
    settings: Mapping[str, str]
    mhz: float
    blocks: BlockDesign

    def __post_init__(self) -> None:
        for what, ports in (
            ("streams", self.blocks.memory),
            ("blocks with registers", self.blocks.registers),
        ):
            if len(ports) > MOST_PORTS:
                raise BadOption(f"number of {what}", expected=f"at most {MOST_PORTS}", found=len(ports))

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Instances, in the order in which they are added."""
        wizard = {
            "PRIM_IN_FREQ.VALUE_SRC": "PROPAGATED",  # the processor's clock as it really is
            "PRIM_SOURCE": "No_buffer",
            "CLKOUT1_REQUESTED_OUT_FREQ": f"{self.mhz:g}",
            "USE_LOCKED": "true",
            "USE_RESET": "true",
            "RESET_TYPE": "ACTIVE_LOW",
            "RESET_PORT": "resetn",
        }
        return (
            Cell(PS, self.system.ip, settings={**self.system.settings, **self.settings}),
            Cell(WIZARD, "clk_wiz", settings=wizard),
            Cell(RESET, "proc_sys_reset"),
            *self.blocks.cells,
            Cell(REGISTERS, "smartconnect", settings={"NUM_SI": 1, "NUM_MI": len(self.blocks.registers)}),
            Cell(MEMORY, "smartconnect", settings={"NUM_SI": len(self.blocks.memory), "NUM_MI": 1}),
        )

    @property
    def interfaces(self) -> tuple[tuple[str, str], ...]:
        """Pairs of connected interface pins, master first."""
        control = [(f"{REGISTERS}/M{i:02d}_AXI", one.pin) for i, one in enumerate(self.blocks.registers)]
        data = [(pin, f"{MEMORY}/S{i:02d}_AXI") for i, pin in enumerate(self.blocks.memory)]
        return (
            *self.blocks.streams,
            (f"{PS}/{self.system.control}", f"{REGISTERS}/S00_AXI"),
            *control,
            *data,
            (f"{MEMORY}/M00_AXI", f"{PS}/{self.system.memory}"),
        )

    @property
    def nets(self) -> dict[str, tuple[str, ...]]:
        """Pin that drives -> pins that it drives."""
        clocks = (f"{RESET}/slowest_sync_clk", *(f"{PS}/{pin}" for pin in self.system.clocks))
        connects = (REGISTERS, MEMORY)
        return {
            f"{PS}/{self.system.clock}": (f"{WIZARD}/clk_in1",),
            f"{PS}/{self.system.reset}": (f"{WIZARD}/resetn", f"{RESET}/ext_reset_in"),
            f"{WIZARD}/locked": (f"{RESET}/dcm_locked",),
            _CLOCK: (*clocks, *self.blocks.clocks, *(f"{cell}/aclk" for cell in connects)),
            f"{RESET}/peripheral_aresetn": self.blocks.resets,
            f"{RESET}/interconnect_aresetn": tuple(f"{cell}/aresetn" for cell in connects),
        }

    @property
    def addresses(self) -> dict[str, int]:
        """Segment of registers -> address, each a multiple of its size."""
        return {one.segment: address for one, address in self._placed()}

    def _placed(self) -> Iterator[tuple[Registers, int]]:
        address = self.system.base
        for one in self.blocks.registers:
            address = -(-address // one.range) * one.range
            yield one, address
            address += one.range

    @property
    def variables(self) -> dict[str, Any]:
        """Variables of ``block_design.tcl.j2``."""
        return {
            "cells": self.cells,
            "external": self.system.external,
            "interfaces": self.interfaces,
            "nets": self.nets,
            "registers": [
                {"segment": one.segment, "offset": address, "range": f"{one.range >> 10}K"}
                for one, address in self._placed()
            ],
            "spaces": list(self.blocks.memory.values()),
            "segment": f"{PS}/{self.system.segment}",
            "space": f"{PS}/{self.system.space}",
            "ps": PS,
        }
