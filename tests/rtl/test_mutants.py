"""The tests of the blocks see a fault: each broken copy gives wrong values or breaks the simulation."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.rtl import cases
from tests.rtl.cases import Case
from tests.rtl.mutants import MUTANTS, OFFENDERS, SELECTION, build_design
from toolkit.core.errors import SimulationError
from toolkit.sim import PRESETS, RtlDesign, StallPattern, build

pytestmark = pytest.mark.sim

FRAMES = 20


class Bench:
    """The compiled design with all mutants."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.design, self.cases = build_design(folder)

    def run(self, selected: int, stalls: StallPattern) -> list[Case]:
        """Connect one mutant (0: none); returns the instances with wrong values."""
        data_dir = self.folder / f"select{selected}"
        data_dir.mkdir(exist_ok=True)
        (data_dir / SELECTION).write_text(f"{selected:x}\n")
        chosen: RtlDesign = replace(self.design, data_dir=data_dir)
        simulator = build(chosen, cache_dir=self.folder / "cache", stall_inside=True)
        inputs = cases.values(self.cases, FRAMES, 1)
        done = simulator.run(inputs, stalls=stalls, jobs=1)
        return [
            case
            for case in self.cases
            for out in case.outputs
            if not np.array_equal(done.outputs[out.name], cases.expected(case, inputs))
        ]


def blamed(error: SimulationError) -> list[str]:
    """The instances a failed simulation names: by the message, or as those whose output never came."""
    text = f"{error.what} {error.found} {error.fix}"  # as a message it is cut short
    if named := re.findall(r"(?:mutants\.|output )(case\d+)", text):
        return named
    waiting = re.findall(r"(case\d+)Out\d? waits for frame (\d+)", text)
    return [name for name, frame in waiting if int(frame) < FRAMES]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("mutants"))


@pytest.mark.parametrize("pattern", PRESETS)
def test_nothing_is_found_in_sound_blocks(bench: Bench, pattern: str) -> None:
    assert bench.run(0, StallPattern.named(pattern)) == []


@pytest.mark.parametrize("name", MUTANTS)
def test_caught(bench: Bench, name: str) -> None:
    """Some pattern finds it, and whatever is found is at the broken instance."""
    number = list(MUTANTS).index(name) + 1
    found: list[str] = []
    for pattern in PRESETS:
        try:
            found += [case.name for case in bench.run(number, StallPattern.named(pattern))]
        except SimulationError as error:
            found += blamed(error)
    assert set(found) == {f"case{number}"}


@pytest.mark.parametrize("message", OFFENDERS)
def test_the_checker_sees_a_broken_handshake(bench: Bench, message: str) -> None:
    number = len(MUTANTS) + list(OFFENDERS).index(message) + 1
    with pytest.raises(SimulationError, match=f"offender {message}"):
        bench.run(number, StallPattern.named("both"))
