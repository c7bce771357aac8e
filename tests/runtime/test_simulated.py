"""The simulated device: cycles of the RTL, faults of a design, and designs that are no stages."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.runtime import toy
from toolkit.core.errors import ArtifactError
from toolkit.runtime import DeviceError, DeviceTimeout, ExitController
from toolkit.runtime.simulated import SimulatedDevice, stage_streams
from toolkit.sim import Simulator

pytestmark = pytest.mark.sim
BATCH = toy.images(50).transpose(0, 2, 3, 1).reshape(50, -1)


def test_cycles_are_those_of_the_simulation(toy_simulators: list[Simulator]) -> None:
    direct = toy_simulators[0].run({"in0_V": BATCH.reshape(50, 4, 2)}, jobs=1)
    reply = SimulatedDevice(toy_simulators, "").run(0, BATCH, 20.0)
    assert reply.cycles is not None
    assert reply.cycles.map_out is not None
    assert np.array_equal(reply.cycles.first_in, direct.stamps["in0_V"].first)
    assert np.array_equal(reply.cycles.logits_out, direct.stamps["out0_V"].last)
    assert np.array_equal(reply.cycles.map_out, direct.stamps["out1_V"].last)


def test_several_processes_give_the_same_answers(toy_simulators: list[Simulator]) -> None:
    policy, frames = toy.Margin((40.0,)), toy.images(50)
    device = SimulatedDevice(toy_simulators, "", jobs=3)
    cycles = device.run(0, BATCH, 20.0).cycles
    assert cycles is not None
    assert len(cycles.starts) == 3
    assert toy.told(list(ExitController(device, policy).classify(frames))) == toy.direct(frames, policy)


def test_a_deadlock_is_a_device_error(toy_simulators: list[Simulator]) -> None:
    batch = BATCH.copy()
    batch[7, 0] = 255
    device = SimulatedDevice(toy_simulators, "", quiet_cycles=500)
    with pytest.raises(DeviceError, match=r"simulated device, stage 0, 50 frames; found deadlock.*frame 7"):
        device.run(0, batch, 20.0)
    with pytest.raises(DeviceTimeout, match=r"expected answers within 1e-09 s; found 0 frames done"):
        device.run(0, batch, 1e-9)


def test_a_design_that_is_no_stage() -> None:
    first, second = toy.designs()
    renamed = replace(second, outputs=(replace(second.outputs[0], name="out2_V"),))
    with pytest.raises(ArtifactError, match=r"toy_stage1 is no stage accelerator"):
        stage_streams(renamed)
    assert stage_streams(first).feature_map == toy.MAP_OUT


def test_stages_in_the_wrong_order(toy_simulators: list[Simulator]) -> None:
    with pytest.raises(ArtifactError, match=r"feature map from stage 0 to stage 1; .*found none"):
        SimulatedDevice(toy_simulators[::-1], "")
