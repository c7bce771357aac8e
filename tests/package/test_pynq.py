"""The PYNQ half of a package's program, on the stand-in for PYNQ with the toy stages."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.links.axi_dma import fake_pynq
from tests.links.axi_dma.fake_pynq import Board
from tests.package.toy_package import packed
from toolkit.links.axi_dma.registers import Register
from toolkit.package.offramp_board import BoardError, Package, PackageError, open_package, pynq_link
from toolkit.package.offramp_board.selftest import selftest


@dataclass(frozen=True)
class Always:
    """A fault of every transfer."""

    kind: str

    def __call__(self, stage: int, values: np.ndarray) -> str:
        return self.kind


@pytest.fixture
def package(tmp_path: Path) -> Package:
    return open_package(packed(tmp_path, "pynq-z2").archive)


@pytest.fixture
def board(package: Package, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Board:
    board = fake_pynq.install(monkeypatch, tmp_path)[0]
    for word in range(8):
        board.registers[Register.DIGEST + 4 * word] = int(package.digest[8 * word : 8 * word + 8], 16)
    return board


def test_the_selftest_passes_with_power(board: Board, package: Package) -> None:
    with package.board("pynq:INT,3V3") as opened:
        passed = selftest(opened)
    assert len(passed.answers) == 32
    assert {one.exit for one in passed.answers} == {0, 1}
    assert passed.power is not None
    assert passed.power["active"][0] == pytest.approx(1.75)
    assert all(buffer.freed for buffer in board.buffers)
    assert board.calls.count("dma1.send.transfer") == sum(one.exit == 1 for one in passed.answers)


def test_another_design_is_refused(board: Board, package: Package) -> None:
    board.registers[Register.DIGEST] ^= 1
    with pytest.raises(BoardError, match="design on the board: expected"):
        package.board("pynq:")


def test_a_rail_that_is_not_there_is_named(board: Board, package: Package) -> None:
    with pytest.raises(BoardError, match="power rail 12V: this board measures 3V3, INT"):
        package.board("pynq:INT,12V")


def test_a_stage_that_hangs_or_gives_too_little_is_named(
    board: Board, package: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pynq_link, "PATIENCE_S", 0.05)
    images = package.examples()[0][:1]
    for fault, words in (("short", r"stage 0: \d+ bytes of"), ("hang", "stage 0: no answer within 0.05 s")):
        monkeypatch.setattr(board, "fault", Always(fault))
        with package.board("pynq:") as opened, pytest.raises(BoardError, match=words):
            list(opened.classify(images))


def test_without_pynq_or_an_overlay_it_says_so(
    tmp_path: Path, package: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pynq", None)
    with pytest.raises(BoardError, match="pynq is missing: run this on the board"):
        package.board("pynq:")
    (other := tmp_path / "other").mkdir()
    fake_pynq.install(monkeypatch, other)
    with pytest.raises(PackageError, match="holds no bitstream"):
        open_package(packed(other, "pynq-z2", built=False).archive).board("pynq:")


def test_frames_cross_as_their_streams_say(board: Board, package: Package) -> None:
    with package.board("pynq:") as opened:
        answers = list(opened.classify(package.examples()[0]))
    logits = package.examples()[1]
    assert all(np.array_equal(one.logits, logits[one.exit, k]) for k, one in enumerate(answers))
