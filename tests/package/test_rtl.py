"""A package's own program drives the system's RTL through its serial pins."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chip.toy import accelerators, build
from tests.package.toy_package import packed
from toolkit.boards import board
from toolkit.chip.board import simulated_board
from toolkit.links.serial.simulated import SerialBoard
from toolkit.package.offramp_board import open_package
from toolkit.package.offramp_board.board import Board
from toolkit.package.offramp_board.selftest import selftest
from toolkit.package.offramp_board.serial_link import SerialLink


@pytest.mark.sim
def test_the_selftest_passes_on_the_simulated_board(tmp_path: Path, simulators: Path) -> None:
    package = open_package(packed(tmp_path).archive)
    (folder := tmp_path / "system").mkdir()
    system = build(accelerators(folder), folder / "built")
    with simulated_board(system, board("ulx3s-85f"), simulators, quick=True, clocks_per_bit=4) as simulated:
        assert isinstance(simulated, SerialBoard)
        with Board(package, SerialLink(package, simulated.port, silence_s=60)) as opened:
            passed = selftest(opened)
    assert len(passed.answers) == 32
    assert {one.exit for one in passed.answers} == {0, 1}
    assert all(one.cycles for one in passed.answers)
