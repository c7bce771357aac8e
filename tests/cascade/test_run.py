"""The tiny network's stages in simulation, driven by the exit controller, against the golden cascade."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Compiled
from toolkit.cascade.run import run_cascade
from toolkit.compose import compose_chain
from toolkit.core.errors import VerificationMismatch
from toolkit.core.topology import head, trunk
from toolkit.exits import ExitPolicy
from toolkit.runtime.simulated import SimulatedDevice
from toolkit.verify.golden import Golden
from toolkit.verify.stages import golden_stages

pytestmark = pytest.mark.sim
BATCH = 5


@pytest.fixture(scope="module")
def device(tiny: Compiled, simulators: Path) -> SimulatedDevice:
    parts, folder = tiny.segments, tiny.folder / "cascade"
    first = compose_chain("stage0", (parts[trunk(0)], parts[head(0)]), folder / "stage0", branch=True)
    last = compose_chain("stage1", (parts[trunk(1)], parts[head(1)]), folder / "stage1")
    return SimulatedDevice.of([first, last], simulators, quick=True)


@pytest.fixture(scope="module")
def golden(tiny: Compiled) -> list[np.ndarray]:
    return [stage.logits for stage in golden_stages(tiny.graphs, tiny.images)]


@pytest.fixture(scope="module")
def policy(tiny: Compiled, golden: list[np.ndarray]) -> ExitPolicy:
    """About half of the images leave early."""
    scale, best = tiny.graphs.paths[0].output.scale, np.sort(golden[0], axis=1)
    median = float(np.median((best[:, -1] - best[:, -2]) * scale))
    return ExitPolicy(
        criterion="margin", thresholds=(median,), scales=(scale,), classes=best.shape[1], model="tiny"
    )


def test_every_answer_is_golden(
    tiny: Compiled, device: SimulatedDevice, golden: list[np.ndarray], policy: ExitPolicy
) -> None:
    told: list[tuple[str, int, int]] = []
    run = run_cascade(
        device, policy, tiny.images, golden, batch=BATCH, progress=lambda *done: told.append(done)
    )
    answers = run.answers
    assert 0 < answers.exits.sum() < len(tiny.images)
    late = answers.exits == 1
    assert np.array_equal(answers.logits[late], Golden(tiny.graphs.paths[1]).run(tiny.images)[late])
    assert run.compared == answers.labels.size + answers.exits.size + answers.logits.size
    assert told[-1] == ("classify on simulated device", len(tiny.images), len(tiny.images))
    first, last = run.paces
    assert first is not None
    assert last is not None
    assert first.feature_map is not None
    assert 0 < first.interval < first.logits
    assert last.feature_map is None


@pytest.mark.parametrize("what", ["exit chosen", "logits answered"])
def test_a_golden_that_differs_is_named(
    tiny: Compiled, device: SimulatedDevice, golden: list[np.ndarray], policy: ExitPolicy, what: str
) -> None:
    wrong = [logits.copy() for logits in golden]
    if what == "exit chosen":
        wrong[0][:] = 0  # no margin at all: every frame would stay
    else:
        wrong[1][:, 0] += 1
    with pytest.raises(
        VerificationMismatch, match=rf"{what} (on|by) simulated device differs first in frame"
    ):
        run_cascade(device, policy, tiny.images, wrong, batch=BATCH)
