"""Whole systems behind their serial port, driven as a board is, against the golden cascade."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from hw_models import QuantConfig
from toolkit.boards import board
from toolkit.chip.board import simulated_board
from toolkit.chip.build import build_system
from toolkit.chip.check import check_system
from toolkit.chip.system import System
from toolkit.compile import compile_segments
from toolkit.compile.folding.chip import fold_chip
from toolkit.compose import Accelerator, compose_chain
from toolkit.core.errors import VerificationMismatch
from toolkit.core.topology import head, trunk
from toolkit.exits import ExitPolicy
from toolkit.export import ExitGraphs
from toolkit.export.export import export_graphs
from toolkit.implement.clocks import clock_of
from toolkit.implement.implementation import NetlistCheck
from toolkit.links import chip_side, link
from toolkit.links.serial import LineOptions
from toolkit.links.serial.simulated import Faults, LineFaults, SerialBoard
from toolkit.verify.stages import golden_stages

pytestmark = pytest.mark.sim
ULX3S = board("ulx3s-85f")


def bad_line(share: float) -> Faults:
    """Each kind of fault at this share of the bytes, both ways."""
    line = LineFaults(corrupted=share, dropped=share, duplicated=share)
    return Faults(line, line, seed=1)


PATIENT = LineOptions(reply_s=1.0, retries=40)
"""On a bad line: the simulation runs some ten thousand cycles in this time, however busy the computer is."""


@dataclass(frozen=True)
class Case:
    """A network's system, images int64 (N, C, H, W), golden logits per exit, and who leaves early."""

    accelerators: Sequence[Accelerator]
    system: System
    images: np.ndarray
    golden: list[np.ndarray]
    policy: ExitPolicy
    simulators: Path

    def board(self, **options: object) -> SerialBoard:
        chosen = {"clocks_per_bit": 4, "quick": True, **options}
        found = simulated_board(self.system, ULX3S, self.simulators, **chosen)  # type: ignore[arg-type]
        assert isinstance(found, SerialBoard)
        return found

    def check(self, **options: object) -> NetlistCheck:
        with self.board(**options) as board:
            return self.check_on(board)

    def check_on(self, board: SerialBoard) -> NetlistCheck:
        serial = link("serial")
        return check_system(
            board, serial, self.accelerators, self.policy, self.images, self.golden, options=PATIENT
        )

    def exits(self) -> list[int]:
        """Frames that leave at each exit, by golden."""
        return np.bincount(self.policy.answer(self.golden).exits, minlength=len(self.golden)).tolist()


def case(graphs: ExitGraphs, images: np.ndarray, luts: int, stay: float, folder: Path, cache: Path) -> Case:
    """Compile for the board; the share ``stay`` of the images, those of least margin, goes on."""
    from toolkit.compile import segment_candidates

    segments = {name: segment_candidates(graph, ULX3S) for name, graph in graphs.segments.items()}
    link = chip_side(ULX3S).with_buffers(graphs.image_bits, graphs.map_bits)
    foldings = fold_chip(segments, ULX3S, link, luts).foldings
    parts = compile_segments(graphs.segments.values(), foldings, folder / "segments")
    accelerators = (
        compose_chain("stage0", (parts[trunk(0)], parts[head(0)]), folder / "stage0", branch=True),
        compose_chain("stage1", (parts[trunk(1)], parts[head(1)]), folder / "stage1"),
    )
    system = build_system(accelerators, ULX3S, clock_of(ULX3S, 60), folder / "system")
    golden = [stage.logits for stage in golden_stages(graphs, images)]
    scale, best = graphs.paths[0].output.scale, np.sort(golden[0], axis=1)
    least = float(np.quantile((best[:, -1] - best[:, -2]) * scale, stay))
    policy = ExitPolicy(
        criterion="margin", thresholds=(least,), scales=(scale,), classes=best.shape[1], model=graphs.model
    )
    return Case(accelerators, system, images, golden, policy, cache)


@pytest.fixture(scope="module")
def small(tiny_graphs: ExitGraphs, tmp_path_factory: pytest.TempPathFactory, simulators: Path) -> Case:
    images = np.random.default_rng(5).integers(0, 256, (40, 1, 6, 6))
    return case(tiny_graphs, images, 4000, 0.4, tmp_path_factory.mktemp("system"), simulators)


def compared(case: Case) -> int:
    """A class, an exit and the logits of each frame."""
    return len(case.images) * (2 + case.policy.classes)


def test_every_answer_is_golden(small: Case) -> None:
    found = small.check()
    assert list(found.exit_frames) == small.exits()
    assert min(found.exit_frames) > 5
    assert (found.frames, found.compared) == (40, compared(small))
    first, last = found.exit_cycles
    assert first is not None
    assert last is not None
    assert 0 < first < last < small.system.parameters["WATCHDOG_CYCLES"]


def test_every_answer_is_golden_on_a_bad_line(small: Case) -> None:
    with small.board(faults=bad_line(0.002)) as board:
        found = small.check_on(board)
        assert board.state().faults > 20
    assert (list(found.exit_frames), found.compared) == (small.exits(), compared(small))


@pytest.mark.parametrize("layer", ["trunk0_mvau0", "head0_mvau0", "head1_mvau0"])
def test_one_bit_of_a_weight_is_found(small: Case, tmp_path: Path, layer: str) -> None:
    shutil.copytree(small.system.path, tmp_path / "system")
    (image,) = (tmp_path / "system" / "data").glob(f"{layer}_weights.dat")
    lines = image.read_text().splitlines()
    sign = 3  # of the first of the word's weights, each of 4 bits
    lines[0] = f"{int(lines[0], 16) ^ (1 << sign):0{len(lines[0])}x}"
    image.write_text("\n".join(lines) + "\n")
    broken = replace(small, system=System.load(tmp_path / "system"))
    with pytest.raises(VerificationMismatch, match="differs first in frame"):
        broken.check()


@pytest.fixture(scope="module")
def lenet(tmp_path_factory: pytest.TempPathFactory, simulators: Path) -> Case:
    """The shipped B_Lenet_se on the first hundred test images."""
    from toolkit import data
    from toolkit.train.checkpoint import Checkpoint, shipped

    folder = os.environ.get("OFFRAMP_DATA_DIR")
    if folder is None:
        pytest.skip("needs OFFRAMP_DATA_DIR with mnist/")
    checkpoint = shipped("b_lenet_se", "mnist", QuantConfig())
    assert isinstance(checkpoint, Checkpoint)
    out = tmp_path_factory.mktemp("lenet")
    graphs = export_graphs(checkpoint.build(), out / "graphs")
    images = data.load("mnist", Path(folder)).test.images[:100]
    return case(graphs, images, 8000, 0.2, out, simulators)


@pytest.mark.slow
@pytest.mark.parametrize("faults", [None, bad_line(0.0002)], ids=["clean", "bad line"])  # of 800 bytes
def test_lenet_on_mnist(lenet: Case, faults: Faults | None) -> None:
    with lenet.board(faults=faults, quick=False) as board:
        found = lenet.check_on(board)
        assert (board.state().faults > 30) == (faults is not None)
    assert list(found.exit_frames) == lenet.exits()
    assert min(found.exit_frames) >= 10
    assert found.compared == compared(lenet)
