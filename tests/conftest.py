"""What tests of several packages share: one tiny network, exported and compiled once."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from hw_models import QuantConfig
from hw_models.quantized import build_quantized
from hw_models.spec import Conv, Flatten, Linear, MaxPool, NetworkSpec, Relu
from toolkit.compile import Segment, Segments, compile_segments
from toolkit.compose import Accelerator, compose_chain
from toolkit.core.errors import OfframpError
from toolkit.core.topology import path_name
from toolkit.export import ExitGraphs
from toolkit.export.export import export_graphs

CYCLES = 100  # a target at which some queues of the tiny network must be deeper than 2
TINY = NetworkSpec(
    name="tiny",
    input_shape=(1, 6, 6),
    outputs=3,
    trunks=(
        (Conv(2, 3, padding=1), MaxPool(2), Relu()),
        (Conv(4, (2, 3), padding=1), Relu(), Flatten(), Linear(6)),
    ),
    heads=((Flatten(), Linear(3)), (Linear(3),)),
    exit_weights=(1.0, 0.5),
)


REGRESSIONS = (4, 1006)
"""Seeds of random segments. 4: windows of FINN+'s generator, by its number; 1006: once failed, since the last
rows of a frame are dropped by a pool, and move behind the last answer."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("offramp")
    group.addoption("--segments", type=int, default=1, help="how many random segments to try")
    group.addoption("--segment-seed", type=int, default=0, help="seed of the first random segment")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "segment_seed" in metafunc.fixturenames:
        first, count = (metafunc.config.getoption(name) for name in ("--segment-seed", "--segments"))
        seeds = [*range(first, first + count), *(REGRESSIONS if count == 1 else ())]
        metafunc.parametrize("segment_seed", seeds)


@dataclass(frozen=True)
class Compiled:
    """The tiny network at every stage; ``images`` are int64 (N, 1, 6, 6)."""

    graphs: ExitGraphs
    segments: Segments
    images: np.ndarray
    folder: Path

    def path(self, k: int) -> list[Segment]:
        return self.segments.path(k)

    def compose(self, k: int, out: Path, **options: object) -> Accelerator:
        return compose_chain(path_name(k), self.path(k), out, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def tiny_graphs(tmp_path_factory: pytest.TempPathFactory) -> ExitGraphs:
    torch.manual_seed(1)
    return export_graphs(build_quantized(TINY, QuantConfig()), tmp_path_factory.mktemp("tiny-graphs"))


@pytest.fixture(scope="session")
def tiny(tiny_graphs: ExitGraphs, tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    folder = tmp_path_factory.mktemp("tiny")
    segments = compile_segments(tiny_graphs.segments.values(), CYCLES, folder / "segments")
    images = np.random.default_rng(0).integers(0, 256, (12, 1, 6, 6))
    return Compiled(tiny_graphs, segments, images, folder)


@pytest.fixture(scope="session", autouse=True)
def simulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The store of all tests, so that Verilator's own library is compiled once; the user's is left alone."""
    folder = tmp_path_factory.getbasetemp() / "store"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OFFRAMP_CACHE_DIR", str(folder))
        yield folder


_STRICTLY = re.compile(r"\b(above|below|over|under|than|not|no|but|between|without|before|after)\b")


def contradicts_itself(expected: object, found: object) -> bool:
    """Whether a message says that what was found is what was expected.

    It does if the words found stand among those expected, unless these exclude them, as in "above 0".
    """
    if expected is None or found is None:
        return False
    wanted, there = (" ".join(str(text).split()).casefold() for text in (expected, found))
    if wanted == there:
        return True
    wanted = re.sub(r"\(.*?\)", "", wanted)
    among = re.search(rf"(?<![\w.-])(?<!\d,){re.escape(there)}(?![\w.-]|[:,]\S)", wanted)
    return bool(there and among and not _STRICTLY.search(wanted[: among.start()]))


@pytest.fixture(scope="session", autouse=True)
def watched_errors() -> Iterator[list[str]]:
    """The errors made in the running test whose text contradicts itself."""
    wrong: list[str] = []
    make = OfframpError.__init__

    @functools.wraps(make)
    def watched(self: OfframpError, *args: Any, **keywords: Any) -> None:
        make(self, *args, **keywords)
        if contradicts_itself(self.expected, self.found):
            wrong.append(str(self))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OfframpError, "__init__", watched)
        yield wrong


@pytest.fixture(autouse=True)
def no_error_finds_what_it_expected(watched_errors: list[str]) -> Iterator[None]:
    """In every test: no error names what was expected as what was found."""
    watched_errors.clear()
    yield
    assert watched_errors == []
