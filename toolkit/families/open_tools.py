"""What the toolchains of all families with Yosys and nextpnr have in common."""

from __future__ import annotations

import abc
from pathlib import Path
from typing import ClassVar, TypeVar

from toolkit.core import tools
from toolkit.core.process import Command
from toolkit.families import nextpnr
from toolkit.families.toolchain import BoardTable, NetlistToolchain
from toolkit.families.yosys import Latches, verilog

T = TypeVar("T", bound=BoardTable)


class OpenToolchain(NetlistToolchain[T], abc.ABC):
    """Yosys and nextpnr; methods are documented in :class:`NetlistToolchain`.

    Attributes:
        likely: (look-up tables, MHz): designs up to this size are likely to reach this clock.
        slow_mhz: clock that larger designs are likely to reach.
    """

    title = "open tools"
    likely: ClassVar[tuple[tuple[int, float], ...]]
    slow_mhz: ClassVar[float] = 60.0

    def likely_mhz(self, luts: int) -> float:
        return next((mhz for most, mhz in self.likely if luts <= most), self.slow_mhz)

    def latches(self, folder: Path) -> list[str]:
        return Latches.found(folder)

    def no_room(self, log: str) -> str | None:
        return nextpnr.no_room(log)

    def verilog(self) -> Command:
        return verilog(tools.yosys())
