"""A simulated board whose processor does the accesses of a host program at a pseudo-terminal."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from toolkit.links.serial.simulated.build import build_board
from toolkit.links.serial.simulated.program import BoardProgram, BoardState
from toolkit.sim.design import RtlDesign

ENGINE = Path(__file__).parent / "engine" / "memory.cpp"


@dataclass(frozen=True)
class MemoryState(BoardState):
    """The state of a board: words that its processor has read and written."""

    read: int
    written: int


class MemoryBoard(BoardProgram[MemoryState]):
    """A board whose processor is a model that does what it is asked to; see :class:`BoardProgram`.

    Args:
        design: top module with the port ``clk`` and optionally ``reset`` and ``led``; the model of the
            processor is among its sources.
        cache_dir: folder for compiled simulations; by default in Offramp's cache folder.
        reset_active_low, rest_cycles: see :class:`BoardProgram`.
        quick: see :func:`toolkit.sim.build`.

    Raises:
        BadOption: the top module has no clock.
        ToolFailed: Verilator or the compiler refuses the design.
        SimulationError: on leaving the block, if the simulation has failed.
    """

    def __init__(
        self,
        design: RtlDesign,
        *,
        cache_dir: Path | None = None,
        reset_active_low: bool = True,
        rest_cycles: int = 10_000_000,
        quick: bool = False,
    ) -> None:
        super().__init__(
            design,
            build_board(design, ENGINE, cache_dir, quick=quick),
            MemoryState,
            reset_active_low=reset_active_low,
            rest_cycles=rest_cycles,
        )
