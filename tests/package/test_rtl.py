"""A package's own program drives the RTL: through serial pins, and through a processor's memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chip.toy import accelerators, build
from tests.package.toy_package import packed
from toolkit.boards import board
from toolkit.chip.board import simulated_board
from toolkit.chip.system import System
from toolkit.links.mmio.memory import SimulatedMemory
from toolkit.links.serial.simulated import SerialBoard
from toolkit.package.offramp_board import open_package
from toolkit.package.offramp_board.board import Board
from toolkit.package.offramp_board.mmio_link import MmioLink
from toolkit.package.offramp_board.selftest import Passed, selftest
from toolkit.package.offramp_board.serial_link import SerialLink

pytestmark = pytest.mark.sim


def system_on(name: str, folder: Path) -> System:
    (folder / "system").mkdir()
    return build(accelerators(folder / "system"), folder / "built", name)


def require_all(passed: Passed) -> None:
    assert len(passed.answers) == 32
    assert {one.exit for one in passed.answers} == {0, 1}
    assert all(one.cycles for one in passed.answers)


def test_the_selftest_passes_on_the_simulated_board(tmp_path: Path, simulators: Path) -> None:
    package = open_package(packed(tmp_path).archive)
    system = system_on("ulx3s-85f", tmp_path)
    with simulated_board(system, board("ulx3s-85f"), simulators, quick=True, clocks_per_bit=4) as simulated:
        assert isinstance(simulated, SerialBoard)
        with Board(package, SerialLink(package, simulated.port, silence_s=60)) as opened:
            require_all(selftest(opened))


def test_the_selftest_passes_on_the_simulated_processor(tmp_path: Path, simulators: Path) -> None:
    name = "pynq-z2-mmio"
    package = open_package(packed(tmp_path, name).archive)
    with simulated_board(system_on(name, tmp_path), board(name), simulators, quick=True) as simulated:
        memory = SimulatedMemory(simulated.port)
        with Board(package, MmioLink(package, "0x40000000", memory, silence_s=60)) as opened:
            require_all(selftest(opened))
