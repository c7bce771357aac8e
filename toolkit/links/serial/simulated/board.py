"""A simulated board whose serial port is a pseudo-terminal, so that the host program runs unchanged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from toolkit.core.stream import Stream
from toolkit.links.serial.simulated.build import build_board
from toolkit.links.serial.simulated.faults import Faults
from toolkit.links.serial.simulated.program import BoardProgram, BoardState
from toolkit.sim.design import RtlDesign

ENGINE = Path(__file__).parent / "engine" / "board.cpp"
RECEIVED, SENT = Stream("serial_rx", 1, False, 1, 1), Stream("serial_tx", 1, False, 1, 1)
"""The pins of the serial line, as the streams of a board's design."""
REST_CYCLES = 10_000_000


@dataclass(frozen=True)
class LineState(BoardState):
    """The state of a board at a serial line.

    Attributes:
        to_board: bytes sent by the host, before faults.
        to_host: bytes sent by the board, before faults.
        bad_stops: bytes of the board without a stop bit.
        faults: number of faults injected.
    """

    to_board: int
    to_host: int
    bad_stops: int
    faults: int


class SerialBoard(BoardProgram[LineState]):
    """A context manager: inside the block the board runs, and ``port`` is the path of its serial port.

    See :class:`BoardProgram`.

    Args:
        sources: SystemVerilog files in compile order, including the models of instantiated cells.
        top: name of the top module, with the ports ``clk``, ``serial_rx``, ``serial_tx`` and optionally
            ``reset`` and ``led``.
        clocks_per_bit: clock cycles per bit of the board's serial line.
        cache_dir: folder for compiled simulations; by default in Offramp's cache folder.
        parameters: parameters of the top module.
        data_dir: working folder of the simulation, for memory images.
        host_clocks_per_bit: clock cycles per bit of the host, if its rate differs; may be a fraction.
        reset_active_low: whether the pin ``reset`` is low while the button is pressed.
        faults: faults of the line.
        rest_cycles: clock cycles; more than any time limit of the design.
        quick: compile in half the time, to a simulation of half the speed.

    Raises:
        BadOption: a port of the top module is missing.
        ToolFailed: Verilator or the compiler refuses the design.
        SimulationError: on leaving the block, if the simulation has failed.
    """

    def __init__(
        self,
        sources: Sequence[Path],
        top: str,
        *,
        clocks_per_bit: int,
        cache_dir: Path | None = None,
        parameters: Mapping[str, int | str] | None = None,
        data_dir: Path | None = None,
        include_dirs: Sequence[Path] = (),
        host_clocks_per_bit: float | None = None,
        reset_active_low: bool = True,
        faults: Faults | None = None,
        rest_cycles: int = REST_CYCLES,
        quick: bool = False,
    ) -> None:
        design = RtlDesign(
            top,
            tuple(sources),
            inputs=(RECEIVED,),
            outputs=(SENT,),
            include_dirs=tuple(include_dirs),
            data_dir=data_dir,
            parameters=parameters or {},
        )
        faults = faults or Faults()
        options: dict[str, object] = {
            "bit": clocks_per_bit,
            "host_bit": host_clocks_per_bit or clocks_per_bit,
            "seed": faults.seed,
        }
        for side, line in (("board", faults.to_board), ("host", faults.to_host)):
            options |= {f"{side}_{kind}": share for kind, share in asdict(line).items()}
        super().__init__(
            design,
            build_board(design, ENGINE, cache_dir, quick=quick),
            LineState,
            reset_active_low=reset_active_low,
            rest_cycles=rest_cycles,
            **options,
        )
