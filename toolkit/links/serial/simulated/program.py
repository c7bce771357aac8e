"""A simulated board as a running program; its link's other end is at a pseudo-terminal."""

from __future__ import annotations

import json
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Generic, Self, TypeVar

from toolkit.core.errors import SimulationError
from toolkit.core.store import scratch
from toolkit.links.link import SimulatedBoard
from toolkit.sim.design import RtlDesign

START_CYCLES = 1024
"""Clock cycles until every design is out of reset: what a host sends before is lost."""
_END_S = 10.0
_PRINTED_CHARACTERS = 2000


@dataclass(frozen=True)
class BoardState:
    """The state of a simulated board.

    Attributes:
        cycles: clock cycles simulated so far.
        led: value of the port ``led``; 0 without one.
    """

    cycles: int
    led: int


S = TypeVar("S", bound=BoardState)


class BoardProgram(SimulatedBoard, Generic[S]):
    """A context manager: inside the block the board runs, and ``port`` is the path of its terminal.

    The simulation runs as fast as it can, idle cycles included, so that watchdogs and idle limits work. After
    ``rest_cycles`` without anything on the link it pauses until the host does something again.

    Args:
        design: top module with its sources.
        executable: program that :func:`build_board` made of it.
        state: class of what it tells of itself.
        reset_active_low: whether the pin ``reset`` is low while the button is pressed.
        rest_cycles: clock cycles; more than any time limit of the design.
        options: options of the link's end.

    Raises:
        SimulationError: on leaving the block, if the simulation has failed.
    """

    def __init__(
        self,
        design: RtlDesign,
        executable: Path,
        state: type[S],
        *,
        reset_active_low: bool,
        rest_cycles: int,
        **options: object,
    ) -> None:
        self._design, self._executable, self._kind = design, executable, state
        self._start = min(START_CYCLES, rest_cycles // 2)
        options |= {"reset": int(not reset_active_low), "rest": rest_cycles}
        self._arguments = [f"{name}={value}" for name, value in options.items()]
        self._process: subprocess.Popen[str] | None = None
        self._cleanup = ExitStack()
        self._last: S | None = None
        self.port = ""

    def __enter__(self) -> Self:
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
                self._last = self._read(told.splitlines()[-1])
            else:  # it has failed, which explains any error of the host
                raise self._broken()
        finally:
            self._cleanup.close()
            self._process = None

    def state(self) -> S:
        """Return the current state; after the ``with`` block, the final one.

        Raises:
            SimulationError: the simulation has failed.
        """
        if self._process is None:
            assert self._last is not None
            return self._last
        self._order("s")
        return self._read(self._line())

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

    def _read(self, line: str) -> S:
        return self._kind(**json.loads(line))
