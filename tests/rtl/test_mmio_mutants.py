"""The exams of the processor's port see a fault: with each of them, one fails."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.rtl.link_mutants import write
from tests.rtl.mmio_bench import Bench, build
from tests.rtl.mmio_exams import EXAMS
from tests.rtl.mmio_mutants import FAULTS

pytestmark = [pytest.mark.sim, pytest.mark.slow]

NOTICED = (AssertionError, LookupError, OSError, subprocess.TimeoutExpired)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mutants")
    return build(folder, write(folder, FAULTS))


def passed(program: Path, number: int) -> bool:
    """Whether a fault, or none, is seen by no exam."""
    for name, exam in EXAMS.items():
        try:
            with Bench(program, number) as bench:
                exam(bench, np.random.default_rng([1, *name.encode()]))
        except NOTICED:
            return False
    return True


def test_nothing_is_found_in_the_sound_port(program: Path) -> None:
    assert passed(program, 0)


@pytest.mark.parametrize("name", FAULTS)
def test_caught(program: Path, name: str) -> None:
    assert not passed(program, list(FAULTS).index(name) + 1)
