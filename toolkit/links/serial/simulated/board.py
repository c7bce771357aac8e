"""A board in simulation, its serial port a pseudo-terminal: the host program runs against it unchanged."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from toolkit.core.errors import SimulationError
from toolkit.core.store import scratch
from toolkit.links.link import SimulatedBoard
from toolkit.links.serial.simulated.build import RECEIVED, SENT, build_board
from toolkit.links.serial.simulated.faults import Faults
from toolkit.sim.design import RtlDesign

REST_CYCLES = 10_000_000
_END_S = 10.0
_PRINTED_CHARACTERS = 2000


@dataclass(frozen=True)
class BoardState:
    """Where a simulated board stands.

    Attributes:
        cycles: simulated so far.
        to_board: bytes that the host sent, before faults.
        to_host: bytes that the board sent, before faults.
        led: value of the port ``led``, 0 without one.
        bad_stops: bytes of the board without a stop bit.
        faults: that were put in.
    """

    cycles: int
    to_board: int
    to_host: int
    led: int
    bad_stops: int
    faults: int


class SerialBoard(SimulatedBoard):
    """A context manager: inside, the board runs and ``port`` is the path to open as its serial port.

    The simulation goes on as fast as it can, idle cycles too, so watchdogs and idle limits count. After
    ``rest_cycles`` without a bit on the line it stands still until the host sends again.

    Args:
        sources: SystemVerilog in compile order; with the models of cells that it instantiates.
        top: with the ports ``clk``, ``serial_rx``, ``serial_tx`` and, if it has them, ``reset`` and ``led``.
        clocks_per_bit: of the board's serial line.
        cache_dir: compiled simulations are kept there; by default in Offramp's cache folder.
        parameters: of the top.
        data_dir: working folder of the simulation, for memory images.
        host_clocks_per_bit: of the host's, if its clock is off; a fraction is possible.
        reset_active_low: level of the pin ``reset`` when the button is pressed.
        faults: of the line.
        rest_cycles: more than any limit that the design counts in cycles.
        quick: compile in half the time to a simulation of half the speed.

    Raises:
        BadOption: a port of the top is missing.
        ToolFailed: Verilator or the compiler refuses the design.
        SimulationError: on leaving, if the simulation broke off.
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
        self._design = RtlDesign(
            top,
            tuple(sources),
            inputs=(RECEIVED,),
            outputs=(SENT,),
            include_dirs=tuple(include_dirs),
            data_dir=data_dir,
            parameters=parameters or {},
        )
        self._executable = build_board(self._design, cache_dir, quick=quick)
        faults = faults or Faults()
        options: dict[str, object] = {
            "bit": clocks_per_bit,
            "host_bit": host_clocks_per_bit or clocks_per_bit,
            "reset": int(not reset_active_low),
            "rest": rest_cycles,
            "seed": faults.seed,
        }
        for side, line in (("board", faults.to_board), ("host", faults.to_host)):
            options |= {f"{side}_{kind}": share for kind, share in asdict(line).items()}
        self._arguments = [f"{name}={value}" for name, value in options.items()]
        self._process: subprocess.Popen[str] | None = None
        self._cleanup = ExitStack()
        self._last: BoardState | None = None
        self.port = ""

    def __enter__(self) -> SerialBoard:
        folder = self._cleanup.enter_context(scratch("board"))
        self._log: IO[str] = self._cleanup.enter_context((folder / "log").open("w+"))
        self._process = subprocess.Popen(
            [str(self._executable), *self._arguments],
            cwd=self._design.data_dir or folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        try:
            self.port = self._line()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        try:
            try:
                told, _errors = process.communicate(timeout=_END_S)  # closes its input, which ends it
            except subprocess.TimeoutExpired:
                process.kill()
                told, _errors = process.communicate()
            if process.returncode == 0:
                self._last = _state(told.splitlines()[-1])
            else:  # the reason of whatever went wrong at the other end
                raise self._broken()
        finally:
            self._cleanup.close()
            self._process = None

    def state(self) -> BoardState:
        """How it stands now; after the ``with`` block, how it ended.

        Raises:
            SimulationError: the simulation broke off.
        """
        if self._process is None:
            assert self._last is not None
            return self._last
        self._order("s")
        return _state(self._line())

    @property
    def cycles(self) -> int:
        """See :class:`SimulatedBoard`."""
        return self.state().cycles

    def press_reset(self) -> None:
        """Press the reset button for 256 cycles.

        Raises:
            SimulationError: the simulation broke off.
        """
        self._order("r")

    def _order(self, letter: str) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(letter)
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._broken() from None

    def _line(self) -> str:
        assert self._process is not None
        assert self._process.stdout is not None
        if line := self._process.stdout.readline():
            return line.rstrip("\n")
        raise self._broken()

    def _broken(self) -> SimulationError:
        assert self._process is not None
        code = self._process.wait(_END_S)
        self._log.seek(0)
        printed = self._log.read()[-_PRINTED_CHARACTERS:].strip()
        return SimulationError(
            f"the simulation of {self._design.top} broke off", found=f"exit code {code}", fix=printed
        )


def _state(line: str) -> BoardState:
    return BoardState(**json.loads(line))
