"""The repairs of FINN+'s RTL library: each is needed, and with all of them the open tools take every unit."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.compile import rtl_library as library
from tests.rtl import accept
from toolkit.compile.rtllib import PATCHES, copy_library, library_root

UNITS = [
    *(
        library.mvau(*sizes)
        for sizes in [(1, 1, 2, 2), (25, 1, 4, 4), (3, 3, 8, 8), (4, 2, 2, 8), (9, 1, 8, 2)]
    ),
    *(library.threshold(*sizes) for sizes in [(15, 6, 2), (15, 2, 2), (3, 5, 1), (255, 4, 1), (14, 3, 3)]),
    library.threshold(15, 4, 2, BIAS=-8),
    *(library.width(*sizes) for sizes in [(24, 8), (8, 24), (24, 16), (20, 4)]),
    *(library.padding(*sizes) for sizes in [(1, 1), (10, 2)]),
    *(library.memory(*sizes) for sizes in [(10, 40), (1, 8), (2, 304)]),
    library.window_controller(),
    *(library.queue(depth) for depth in (2, 40, 600)),
]
BY_NAME = {patch.name: patch for patch in PATCHES}


@pytest.fixture(scope="module")
def repaired(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("library")
    copy_library(root)
    library.write_window_top(root)
    return root


@pytest.fixture
def damaged(repaired: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The repaired library with one patch, the test's parameter, left out."""
    library.without(BY_NAME[request.param], repaired, tmp_path / "library")
    return tmp_path / "library"


def verilator(unit: library.Unit, root: Path) -> list[str]:
    return accept.verilator(unit.top, unit.sources(root), unit.parameters, forgive=accept.FOREIGN_STYLE)


def slang(unit: library.Unit, root: Path) -> list[str]:
    return accept.slang(unit.top, unit.sources(root), unit.parameters)


@pytest.mark.parametrize("unit", UNITS, ids=str)
def test_repaired_units_are_accepted(unit: library.Unit, repaired: Path) -> None:
    assert verilator(unit, repaired) == []
    assert slang(unit, repaired) == []


def test_skid_is_accepted(repaired: Path) -> None:
    """By Verilator; for synthesis it instantiates a Xilinx primitive, and no network of ours uses it."""
    assert verilator(library.skid(2), repaired) == []


NEEDED = {
    "add_multi": (library.mvau(3, 2, 4, 4), "function", "function"),
    "axilite": (library.memory(10, 40), None, "used before its declaration"),
    "fifo": (library.queue(600), "constant", "directive is not allowed"),
    "mvu": (library.mvau(3, 2, 4, 4), "STMTDLY", "timing|delay"),
    "skid": (library.skid(2), "Missing arguments", "no argument provided"),
    "swg_common": (library.window_controller(), "LATCH", None),
    "thresholding": (library.threshold(15, 6, 2), "SELRANGE|ASCRANGE|range", "unsynthesizable"),
    "vpc": (library.width(24, 16), None, "directive is not allowed"),
}
ELSEWHERE = {"add_multi_enable", "mvu_output_queue", "swg_wrapper"}


def test_every_patch_is_tried() -> None:
    assert set(NEEDED) | ELSEWHERE == set(BY_NAME)
    assert all(patch.why for patch in PATCHES)


@pytest.mark.parametrize("damaged", NEEDED, indirect=True)
def test_without_a_patch_a_tool_complains(damaged: Path, request: pytest.FixtureRequest) -> None:
    unit, by_verilator, by_slang = NEEDED[request.node.callspec.params["damaged"]]
    for complaints, pattern in ((verilator(unit, damaged), by_verilator), (slang(unit, damaged), by_slang)):
        if pattern is not None:
            assert any(re.search(pattern, line) for line in complaints), complaints


WINDOWS = {
    "default": {"ConvKernelDim": [3, 3], "IFMChannels": 5, "SIMD": 1, "parallel_window": 0},
    "parallel": {"ConvKernelDim": [5, 5], "IFMChannels": 1, "SIMD": 1, "parallel_window": 1},
}


@pytest.mark.parametrize("style", WINDOWS)
def test_window_generators_from_repaired_templates(
    style: str, repaired: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FINN fills in the templates of the copy; with the original ones slang refuses the wrapper."""
    for root, taken in ((repaired, True), (library_root(), False)):
        made = library.make_window(WINDOWS[style], root, tmp_path / str(taken), monkeypatch)
        sources = [*(repaired / file for file in library.WINDOW), *made]
        assert accept.verilator("window", sources, forgive=accept.FOREIGN_STYLE) == []
        complaints = slang_anywhere("window", sources, tmp_path)
        if taken:
            assert complaints == []
        else:
            assert any("used before its declaration" in line for line in complaints)


def slang_anywhere(top: str, sources: list[Path], folder: Path) -> list[str]:
    """Like ``accept.slang`` for sources that lie in several places."""
    together = folder / "together"
    together.mkdir(exist_ok=True)
    return accept.slang(top, [Path(shutil.copy(source, together)) for source in sources])
