"""A processor's port to streams of bytes, under random stalls, against a model of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.rtl.mmio_bench import Bench, build
from tests.rtl.mmio_exams import EXAMS

pytestmark = pytest.mark.sim


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("mmio"))


LONG = ("positions",)
RUNS = [(name, seed) for name in EXAMS for seed in ((1,) if name in LONG else (1, 2, 3))]


@pytest.mark.parametrize(("name", "seed"), RUNS)
def test_passed(program: Path, name: str, seed: int) -> None:
    with Bench(program) as bench:
        assert EXAMS[name](bench, np.random.default_rng([seed, *name.encode()])) > 0
