"""The tests of the whole system see a fault in any of its blocks."""

from __future__ import annotations

from typing import Any

import pytest

from tests.links.axi_dma import odd
from tests.rtl.axi_mutants import FAULTS
from tests.rtl.link_mutants import write

pytest.importorskip("cocotbext.axi", reason="the AXI models are cocotbext-axi's (extra 'dev')")

from tests.links.axi_dma.simulated.system import CocotbSystem
from tests.links.axi_dma.test_top import job_of

pytestmark = [pytest.mark.sim, pytest.mark.slow]

Asked = tuple[CocotbSystem, dict[str, Any]]


@pytest.fixture(scope="module")
def mutants(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    folder = tmp_path_factory.mktemp("mutants")
    (folder / "broken").mkdir()
    broken = write(folder / "broken", FAULTS)
    system = CocotbSystem.of(odd.accelerators(folder), folder, broken)
    return system, job_of(system, 15, resets=8, sweeps=[64])


def passes(asked: Asked, number: int) -> bool:
    """Whether the system with this fault, or none, passes every test."""
    system, job = asked
    found = system.run(job, limit_us=200, mutant=number, failures=1)
    return len(found) == 6 and not any(found.values())


def test_nothing_is_found_in_the_sound_system(mutants: Asked) -> None:
    assert passes(mutants, 0)


@pytest.mark.parametrize("name", FAULTS)
def test_caught(mutants: Asked, name: str) -> None:
    assert not passes(mutants, list(FAULTS).index(name) + 1)
