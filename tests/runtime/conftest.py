"""Every device behind one bench, so that one set of tests runs against all of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.links.axi_dma import fake_pynq
from tests.runtime import toy
from tests.runtime.fake_board import DIGEST, FakeBoard
from toolkit.links.axi_dma.device import PynqDevice
from toolkit.links.serial import LineOptions, SerialDevice
from toolkit.runtime import Device
from toolkit.runtime.simulated import SimulatedDevice
from toolkit.sim import Simulator, build

Inject = Callable[[Callable[[int, np.ndarray], bool]], None]


@dataclass(frozen=True)
class Bench:
    """A device with two toy stages.

    Attributes:
        device: under test.
        faults: ways in which it can be made to fail; ``faults[name](when)`` makes it do so for every call for
            which ``when(stage, values [n, 8])`` is true. The simulated device has none: RTL is what it is.
        counts: whether it reports cycles.
        maps: whether feature maps come to the host; if not, tokens do.
        per_frame: whether faults are asked for at each frame, not at each call.
    """

    device: Device
    faults: dict[str, Inject]
    counts: bool
    maps: bool = True
    per_frame: bool = False


@pytest.fixture(scope="session")
def toy_simulators(simulators: Path) -> list[Simulator]:
    return [build(design, cache_dir=simulators, quick=True) for design in toy.designs()]


@pytest.fixture
def fake_board(tmp_path: Path) -> Iterator[FakeBoard]:
    with FakeBoard(tmp_path) as board:
        yield board


def serial_device(board: FakeBoard, **options: float) -> SerialDevice:
    """The device at a fake board, with little patience."""
    chosen = LineOptions(**{"reply_s": 0.1, **options})  # type: ignore[arg-type]
    streams = toy.streams(board.stages)
    return SerialDevice.open(board.port, digest=DIGEST, streams=streams, options=chosen)


@pytest.fixture(params=["toy", pytest.param("simulated", marks=pytest.mark.sim), "pynq", "serial"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    if request.param == "simulated":
        simulators = request.getfixturevalue("toy_simulators")
        made = Bench(SimulatedDevice(simulators, "0" * 64, quiet_cycles=2000), {}, True)
    elif request.param == "pynq":
        board, bitfile = fake_pynq.install(
            request.getfixturevalue("monkeypatch"), request.getfixturevalue("tmp_path")
        )

        def on_board(kind: str) -> Inject:
            def inject(when: Callable[[int, np.ndarray], bool]) -> None:
                board.fault = lambda stage, values: kind if when(stage, values) else None

            return inject

        kinds = ("hang", "short", "long")
        made = Bench(PynqDevice(bitfile), {kind: on_board(kind) for kind in kinds}, False)
    elif request.param == "serial":
        fake = request.getfixturevalue("fake_board")

        def hang(when: Callable[[int, np.ndarray], bool]) -> None:
            fake.hangs = when

        made = Bench(serial_device(fake), {"hang": hang}, True, maps=False, per_frame=True)
    else:
        device = toy.ToyDevice()

        def in_numpy(fault: toy.Fault) -> Inject:
            def inject(when: Callable[[int, np.ndarray], bool]) -> None:
                device.faults = lambda stage, values: fault if when(stage, values) else None

            return inject

        made = Bench(device, {fault.__name__: in_numpy(fault) for fault in toy.FAULTS}, True)
    with made.device:
        yield made


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """Whatever a test does, the controller's threads end with its stream."""
    before = threading.active_count()
    yield
    end = time.monotonic() + 5
    while any(t.name.startswith("offramp-stage") for t in threading.enumerate()) and time.monotonic() < end:
        time.sleep(0.01)
    left = [t.name for t in threading.enumerate() if t.name.startswith("offramp-stage")]
    assert not left, f"{left} of {before}"
