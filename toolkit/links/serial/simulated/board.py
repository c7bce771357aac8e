"""A simulated board whose serial port is a pseudo-terminal, so that the host program runs unchanged."""

from __future__ import annotations

import json
import subprocess
import time
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

START_CYCLES = 1024
"""Clock cycles until every design is out of reset: what a host sends before is lost."""
REST_CYCLES = 10_000_000
_END_S = 10.0
_PRINTED_CHARACTERS = 2000


@dataclass(frozen=True)
class BoardState:
    """The state of a simulated board.

    Attributes:
        cycles: clock cycles simulated so far.
        to_board: bytes sent by the host, before faults.
        to_host: bytes sent by the board, before faults.
        led: value of the port ``led``; 0 without one.
        bad_stops: bytes of the board without a stop bit.
        faults: number of faults injected.
    """

    cycles: int
    to_board: int
    to_host: int
    led: int
    bad_stops: int
    faults: int


class SerialBoard(SimulatedBoard):
    """A context manager: inside the block the board runs, and ``port`` is the path of its serial port.

    The simulation runs as fast as it can, idle cycles included, so that watchdogs and idle limits work. After
    ``rest_cycles`` without a bit on the line it pauses until the host sends again.

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
        self._start = min(START_CYCLES, rest_cycles // 2)
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
            while self.state().cycles < self._start:
                time.sleep(0.001)
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
                told, _errors = process.communicate(
                    timeout=_END_S
                )  # closes its standard input, which ends it
            except subprocess.TimeoutExpired:
                process.kill()
                told, _errors = process.communicate()
            if process.returncode == 0:
                self._last = _state(told.splitlines()[-1])
            else:  # it has failed, which explains any error of the host
                raise self._broken()
        finally:
            self._cleanup.close()
            self._process = None

    def state(self) -> BoardState:
        """Return the current state; after the ``with`` block, the final one.

        Raises:
            SimulationError: the simulation has failed.
        """
        if self._process is None:
            assert self._last is not None
            return self._last
        self._order("s")
        return _state(self._line())

    def press_reset(self) -> None:
        """Press the reset button for 256 clock cycles.

        Raises:
            SimulationError: the simulation has failed.
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
