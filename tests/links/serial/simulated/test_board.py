"""The simulated board's serial line, on a board that sends back what it gets."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
import serial

from toolkit.core.errors import BadOption, SimulationError
from toolkit.families.ecp5.simulation import PLL
from toolkit.links.serial.simulated import Faults, LineFaults, SerialBoard
from toolkit.links.serial.simulated.program import START_CYCLES

SOURCES = (PLL, Path(__file__).parent / "designs" / "mirror.sv")
EVERY_BYTE = bytes(range(256))
LIMIT_S = 20.0

pytestmark = pytest.mark.sim
Make = Callable[..., SerialBoard]


@pytest.fixture
def mirror(simulators: Path) -> Make:
    def make(**options: object) -> SerialBoard:
        chosen = {"clocks_per_bit": 7, "cache_dir": simulators, "quick": True, **options}
        return SerialBoard(SOURCES, "mirror", **chosen)  # type: ignore[arg-type]

    return make


def echoed(port: str, sent: bytes, quiet_s: float = 0.5) -> bytes:
    """What comes back, until as many bytes are there or none comes any more."""
    with serial.Serial(port, 3_000_000, timeout=quiet_s, exclusive=True) as line:
        line.write(sent)
        got = b""
        while len(got) < len(sent) and (more := line.read(len(sent) - len(got))):
            got += more
        return got


def test_a_host_comes_when_the_reset_is_over(mirror: Make) -> None:
    """On a busy machine a host may be faster than the first cycles."""
    with mirror() as board:
        assert board.state().cycles >= START_CYCLES


@pytest.mark.parametrize("clocks_per_bit", [4, 7, 20])
def test_bytes_there_and_back(mirror: Make, clocks_per_bit: int) -> None:
    with mirror(clocks_per_bit=clocks_per_bit) as board:
        assert echoed(board.port, 4 * EVERY_BYTE, LIMIT_S) == 4 * EVERY_BYTE
        assert echoed(board.port, b"\r\n\x03\x04\x11\x13", LIMIT_S) == b"\r\n\x03\x04\x11\x13", "opened again"
    state = board.state()
    assert (state.to_board, state.to_host, state.bad_stops, state.faults) == (1030, 1030, 0, 0)
    assert state.cycles >= 1030 * 10 * clocks_per_bit


@pytest.mark.parametrize("clock", [0.98, 1.02])
def test_a_host_with_another_clock(mirror: Make, clock: float) -> None:
    with mirror(clocks_per_bit=20, host_clocks_per_bit=20 * clock) as board:
        assert echoed(board.port, EVERY_BYTE, LIMIT_S) == EVERY_BYTE


def test_leds_and_the_reset_button(mirror: Make) -> None:
    for active_low in (True, False):
        parameters = {"START": 5, "RESET_ACTIVE_LOW": int(active_low)}
        with mirror(parameters=parameters, reset_active_low=active_low) as board:
            assert echoed(board.port, b"\x55\x00", LIMIT_S) == b"\x55\x00"
            assert board.state().led == 5 + 5 + 1
            board.press_reset()
            wait_for(lambda: board.state().led == 5)
        assert board.state().led == 5


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("line", "fewest", "most"),
    [
        (LineFaults(dropped=0.05), 1800, 2047),
        (LineFaults(duplicated=0.05), 2049, 2300),
        (LineFaults(cut=0.002), 1000, 2047),
        (LineFaults(corrupted=0.05), 2048, 2048),
    ],
)
def test_faults_happen_as_told_and_repeat(mirror: Make, line: LineFaults, fewest: int, most: int) -> None:
    sent = 8 * EVERY_BYTE

    def run(faults: Faults) -> tuple[bytes, int]:
        with mirror(faults=faults) as board, serial.Serial(board.port, timeout=0.5) as port:
            port.write(sent)
            got = port.read(2 * len(sent))
        return got, board.state().faults

    got, count = run(Faults(to_board=line, seed=3))
    assert fewest <= len(got) <= most
    assert count > 0
    assert run(Faults(to_board=line, seed=3)) == (got, count), "the same seed"
    assert run(Faults(to_board=line, seed=4))[0] != got
    other, _ = run(Faults(to_host=line, seed=3))
    assert fewest <= len(other) <= most
    if line.corrupted:
        changed = sum(a != b for a, b in zip(sent, got, strict=True))
        assert changed == count


def test_it_rests_when_nothing_moves(mirror: Make) -> None:
    with mirror(rest_cycles=10_000) as board:
        assert echoed(board.port, b"x", LIMIT_S) == b"x"

        def stands() -> bool:
            before = board.state().cycles
            time.sleep(0.1)
            return board.state().cycles == before

        wait_for(stands)
        assert echoed(board.port, b"y", LIMIT_S) == b"y"


def test_a_simulation_that_breaks_off_says_why(mirror: Make) -> None:
    def talk() -> None:
        with mirror(parameters={"BREAK": 40}) as board:
            assert echoed(board.port, b"\xff", LIMIT_S) == b"\xff"
            echoed(board.port, b"\x00", LIMIT_S)  # raises as a port does whose device is gone

    with pytest.raises(SimulationError, match=r"(?s)of mirror broke off; found exit code 3.*low level"):
        talk()


def test_a_top_without_a_serial_line(simulators: Path) -> None:
    with pytest.raises(BadOption, match="expected input clk, input serial_rx, output serial_tx"):
        SerialBoard(SOURCES[:1], "EHXPLLL", clocks_per_bit=4, cache_dir=simulators)
    with pytest.raises(BadOption, match="probabilities"):
        LineFaults(dropped=2.0)
