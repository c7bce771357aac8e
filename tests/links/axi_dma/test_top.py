"""Whole systems between cocotbext-axi's models, with pauses on every channel, odd transfers and resets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("cocotbext.axi", reason="the AXI models are cocotbext-axi's (extra 'dev')")

from tests.conftest import Compiled
from tests.links.axi_dma import odd
from tests.links.axi_dma.networks import Network
from tests.links.axi_dma.simulated.system import CocotbSystem

pytestmark = pytest.mark.sim


def job_of(system: CocotbSystem, frames: int, **options: Any) -> dict[str, Any]:
    """What the odd stages must answer to random frames."""
    images = odd.rows(odd.images(frames))
    logits, maps = odd.compute(0, images)
    late = odd.compute(1, maps)[0]
    usual = {"seed": 1, "shares": [0.9, 0.4, 0], "resets": 25, "frame_cycles": 30, "sweeps": [4, 36]}
    return system.job([images, maps], [logits, late], [maps], **usual | options)


def found_amiss(system: CocotbSystem, job: dict[str, Any], limit_us: float = 1000) -> dict[str, str]:
    """What the tests find amiss; all of them ran."""
    found = system.run(job, limit_us=limit_us)
    assert len(found) == 6
    return {name: bad for name, bad in found.items() if bad is not None}


def test_odd_frames(odd_system: CocotbSystem) -> None:
    assert found_amiss(odd_system, job_of(odd_system, 60)) == {}


def test_a_wrong_answer_is_found(odd_system: CocotbSystem) -> None:
    job = job_of(odd_system, 60)
    job["stages"][1]["logits"][7] = job["stages"][1]["logits"][8]
    assert "logits of answer 7" in found_amiss(odd_system, job)["every_answer_is_golden"]


def check_network(network: Network, system: CocotbSystem) -> None:
    """All frames through both stages, and the other tests on a few."""
    inputs, logits = ([getattr(one, kind) for one in network.golden] for kind in ("inputs", "logits"))
    assert [len(given) for given in inputs] == [100, 100]
    cycles = max(sum(node.cycles for node in stage.nodes) for stage in network.stages)
    options = {"seed": 2, "shares": [0.5], "resets": 2, "frame_cycles": cycles, "sweeps": [64]}
    job = system.job(inputs, logits, [network.golden[0].feature_map], **options)
    assert found_amiss(system, job, limit_us=200_000) == {}


@pytest.mark.slow
def test_tiny_network(tiny: Compiled, tmp_path: Path) -> None:
    images = np.random.default_rng(5).integers(0, 256, (100, 1, 6, 6))
    network = Network.of(tiny.graphs, tiny.segments, images, tmp_path)
    check_network(network, CocotbSystem.of(network.stages, tmp_path / "top"))


@pytest.mark.slow
def test_lenet(lenet_system: tuple[Network, CocotbSystem]) -> None:
    """100 real frames through both stages."""
    check_network(*lenet_system)
