"""The goals of folding in step compile: cycles for the simulator, look-up tables for a board."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.flow.test_engine import Record
from toolkit import compile as compiler
from toolkit import export
from toolkit.boards import board
from toolkit.compile import build
from toolkit.compile.folding.candidates import Candidate, Unit
from toolkit.core.errors import FoldingUnreachable
from toolkit.core.topology import Topology, head, trunk
from toolkit.families.resources import Resources
from toolkit.flow import Options, RunDirectory, Step, execute
from toolkit.flow.steps import compile as step
from toolkit.links import chip_side

SEGMENTS = Topology(2).parts
SLOW, FAST = (("PE", 1),), (("PE", 2),)
UNIT = Unit("mvau", (Candidate((SLOW,), 800, 0, Resources(100)), Candidate((FAST,), 400, 0, Resources(400))))
IMAGE, MAPS = 8 * 28 * 28, (5120,)
LINK, MARGIN = chip_side(board("ulx3s-85f")).with_buffers(IMAGE, MAPS), board("ulx3s-85f").toolchain.margin
LEAST = math.ceil((LINK.lut + len(SEGMENTS) * 100) / (1 - MARGIN))

Fold = Callable[..., Any]


@pytest.fixture
def fold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fold:
    """What the compiler is asked for, of a network of four segments with one layer each."""
    asked: list[Any] = []

    def compile_segments(graphs: Any, folding: Any, out: Path, **options: Any) -> Mapping[str, Any]:
        asked.append(folding)
        (out / "rtl").touch()
        return {trunk(0): SimpleNamespace(name="trunk0", cycles=400, resources={})}

    graphs = {part: SimpleNamespace(name=part.name) for part in SEGMENTS}
    monkeypatch.setattr(compiler, "compile_segments", compile_segments)
    monkeypatch.setattr(
        export.ExitGraphs,
        "load",
        lambda path: SimpleNamespace(segments=graphs, image_bits=IMAGE, map_bits=MAPS),
    )
    monkeypatch.setattr(build, "segment_candidates", lambda graph, on: (UNIT,))

    def made(context: Any) -> dict[str, Any]:
        (context.out / "graphs").touch()
        return {}

    def run(**options: Any) -> Any:
        with RunDirectory.open(tmp_path / "run") as opened:
            execute(opened, (Step("export", "", made), step.STEP), Options.of(**options), Record())
        return asked.pop()

    return run


def test_cycles_for_the_simulator(fold: Fold) -> None:
    assert fold(target="sim") == 3200
    assert fold(target="sim", cycles=500) == 500


def test_a_board_gets_the_fastest_that_fits(fold: Fold) -> None:
    assert fold(luts=LEAST) == dict.fromkeys(SEGMENTS, (SLOW,))
    # Later stages at an eighth of the pace stay slow.
    first = {trunk(0): (FAST,), head(0): (FAST,), trunk(1): (SLOW,), head(1): (SLOW,)}
    assert fold(luts=math.ceil(LEAST + 600 / (1 - MARGIN))) == first
    assert fold() == first, "by default there is room"
    assert fold(luts=80_000) == first


def test_a_board_folded_for_cycles_takes_no_more_than_they_need(fold: Fold) -> None:
    assert fold(cycles=800, luts=80_000) == dict.fromkeys(SEGMENTS, (SLOW,))
    assert fold(cycles=500, luts=80_000) == dict.fromkeys(SEGMENTS, (FAST,))


def test_too_few_look_up_tables_say_how_many_it_takes(fold: Fold) -> None:
    message = f"--luts; expected at least {LEAST:,}, what the slowest folding and the link take; found 500"
    with pytest.raises(FoldingUnreachable, match=message):
        fold(luts=500)
    with pytest.raises(FoldingUnreachable):
        fold(luts=LEAST - 1)


def test_cycles_that_are_out_of_reach_name_the_nearest(fold: Fold) -> None:
    with pytest.raises(FoldingUnreachable, match=r"400 cycles.*--luts may allow more"):
        fold(cycles=100)
    with pytest.raises(FoldingUnreachable, match=r"500 cycles per frame on ulx3s-85f.*takes 800 cycles"):
        fold(cycles=500, luts=LEAST)
