"""The PYNQ device drives the simulated system through its DMAs: driver and RTL meet here."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.links.axi_dma import odd
from tests.runtime.toy import Margin, told
from toolkit.cascade.run import run_cascade
from toolkit.core.errors import ArtifactError
from toolkit.links import link
from toolkit.links.axi_dma.device import PynqDevice
from toolkit.links.axi_dma.overlay import DESCRIPTION
from toolkit.runtime import DeviceError, DeviceTimeout, ExitController

pytest.importorskip("cocotbext.axi", reason="the AXI models are cocotbext-axi's (extra 'dev')")

from tests.links.axi_dma.networks import Network
from tests.links.axi_dma.simulated.pynq_board import SimulatedPynq, simulated_pynq
from tests.links.axi_dma.simulated.system import CocotbSystem

pytestmark = pytest.mark.sim

PATIENT_S = 600.0
IMAGES = odd.images(30)
BATCH = odd.rows(IMAGES)


@contextmanager
def board_with(
    built: CocotbSystem, folder: Path, monkeypatch: pytest.MonkeyPatch, **options: Any
) -> Iterator[tuple[SimulatedPynq, Path]]:
    """A running board as ``pynq``, and its overlay's file with the description beside it."""
    bitfile = folder / "odd.bit"
    bitfile.write_bytes(b"bits")
    shutil.copyfile(built.system.path / DESCRIPTION, bitfile.with_suffix(".json"))
    with simulated_pynq(built, **options) as board:
        monkeypatch.setitem(sys.modules, "pynq", board.module())
        yield board, bitfile


@pytest.fixture
def board(
    odd_system: CocotbSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[SimulatedPynq, Path]]:
    with board_with(odd_system, tmp_path, monkeypatch, length_bits=8) as found:
        yield found


def test_a_cascade_through_the_driver(odd_system: CocotbSystem, board: tuple[SimulatedPynq, Path]) -> None:
    """Batches longer than the DMA's register allows; the host decides, maps go to memory and back."""
    policy = Margin((8.0,))
    with link("axi_dma").open(str(board[1]), odd_system.stages) as device:
        controller = ExitController(device, policy, batch=30, timeout_s=PATIENT_S)
        answers = list(controller.classify(IMAGES))
        counted = device.counters()["stages"]
    wanted = odd.direct(IMAGES, policy)
    assert told(answers) == wanted
    stayed = sum(exit_ for _, _, exit_, _ in wanted)
    assert 5 < stayed < 25
    assert [one["frames"] for one in counted] == [30, stayed]
    assert [one["maps"] for one in counted] == [30, 0]
    assert all(one["cut"] == 0 and one["cycles"] > one["frames"] for one in counted)


def test_after_a_timeout_the_overlay_is_loaded_anew(board: tuple[SimulatedPynq, Path]) -> None:
    """A frame whose first pixel is 63 is never finished by the stage."""
    hangs = BATCH[:3].copy()
    hangs[1, 0] = odd.HANGS
    with PynqDevice(board[1]) as device:
        with pytest.raises(DeviceTimeout, match=r"stage 0, 3 frames.*found 1 frames answered"):
            device.run(0, hangs, 2.0)
        reply = device.run(0, BATCH[:3], PATIENT_S)
        assert np.array_equal(reply.logits, odd.compute(0, BATCH[:3])[0])
    assert board[0].downloads == 2


def test_a_transfer_of_half_a_frame_is_reported(board: tuple[SimulatedPynq, Path]) -> None:
    """Another program used the DMA: the chip has counted it."""
    with PynqDevice(board[1]) as device:
        buffer = board[0].allocate((10,), np.uint8)
        device._overlay.dma1.sendchannel.transfer(buffer)
        words = "a frame too many|1 transfers that did not arrive as whole frames"
        with pytest.raises(DeviceError, match=words):
            device.run(1, BATCH[:3] >> 1, PATIENT_S)
        reply = device.run(1, BATCH[:3] >> 1, PATIENT_S)
        assert np.array_equal(reply.logits, odd.compute(1, BATCH[:3] >> 1)[0])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d.update(digest="e" * 64), "design on the chip of .*expected e{64}"),
        (
            lambda d: d["stages"][0]["logits"].update(element_bits=20),
            r"frames of stage 0 .*\(21, 15, 20\) bytes",
        ),
        (lambda d: d["stages"].pop(0), "stages of .*expected 1 as described; found 2"),
    ],
)
def test_a_description_of_another_chip(board: tuple[SimulatedPynq, Path], change: Any, words: str) -> None:
    file = board[1].with_suffix(".json")
    described = json.loads(file.read_text())
    change(described)
    file.write_text(json.dumps(described))
    with pytest.raises(ArtifactError, match=words):
        PynqDevice(board[1])


def test_an_overlay_of_another_run(odd_system: CocotbSystem, board: tuple[SimulatedPynq, Path]) -> None:
    other: Sequence[Any] = odd_system.stages[:1]
    with pytest.raises(ArtifactError, match=r"design in .*odd\.bit.*Make the bitstream from this run"):
        link("axi_dma").open(str(board[1]), other)


@pytest.mark.slow
def test_lenet(
    lenet_system: tuple[Network, CocotbSystem], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """100 real frames, a third of which go on to the second stage: every answer is golden."""
    network, built = lenet_system
    policy, golden = network.policy(1 / 3), [stage.logits for stage in network.golden]
    with (
        board_with(built, tmp_path, monkeypatch, share=0.3) as (_, bitfile),
        link("axi_dma").open(str(bitfile), network.stages) as device,
    ):
        run = run_cascade(device, policy, network.images, golden, batch=25)
        counted = device.counters()["stages"]
    exits = np.bincount(run.answers.exits, minlength=2)
    assert exits.min() > 20
    assert run.compared == 100 * (2 + policy.classes)
    assert [one["frames"] for one in counted] == [100, exits[1]]
